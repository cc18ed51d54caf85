package org.mlcengine.scheduler;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.mlcengine.errors.EngineClosedException;
import org.mlcengine.errors.EngineFailedException;
import org.mlcengine.errors.QueueFullException;
import org.mlcengine.races.CheckedModel;
import org.mlcengine.races.Owner;
import org.mlcengine.races.Race;

/** Callers of a scheduler against the thread that runs it. */
class SchedulerRaces {
  /** One scheduler with its model. */
  private static final class Engine {
    final Owner owner = new Owner();
    final CheckedModel model;
    final Scheduler scheduler;

    Engine(int places, int queue, int pages, int failingPasses) {
      model = new CheckedModel(owner, pages).failing(failingPasses);
      scheduler = new Scheduler(model, new SchedulerLimits(places, 4, queue, 0), () -> 0);
    }

    Engine(int places, int queue) {
      this(places, queue, 8, 0);
    }

    void run() {
      owner.open();
      scheduler.run();
    }

    /** Submits; returns whether it was taken. */
    boolean submit(Sequence sequence) {
      try {
        scheduler.submit(List.of(sequence));
        return true;
      } catch (EngineClosedException | EngineFailedException | QueueFullException e) {
        return false;
      }
    }

    void submitAndExpectAnEnd(CheckedListener listener, int maxTokens) throws InterruptedException {
      if (submit(listener.sequence(maxTokens))) {
        listener.await();
        listener.requireEnd();
      } else {
        listener.requireNoEnd();
      }
    }
  }

  @Test
  void whatIsSubmittedEndsWhileTheSchedulerIsClosed() {
    Race.explore(
        () -> {
          Engine engine = new Engine(1, 1);
          Race.run(
              engine::run,
              () -> engine.submitAndExpectAnEnd(new CheckedListener(), 2),
              () -> engine.submitAndExpectAnEnd(new CheckedListener(), 1),
              engine.scheduler::close);
        });
  }

  @Test
  void whatWasTakenIsCompleteWhenTheSchedulerIsDrained() {
    Race.explore(
        () -> {
          Engine engine = new Engine(1, 1);
          CheckedListener listener = new CheckedListener();
          Race.run(
              engine::run, () -> engine.submitAndExpectAnEnd(listener, 2), engine.scheduler::drain);
          Race.require(listener.failure() == null, "a reply failed");
        });
  }

  @Test
  void aPausedSequenceThatIsCancelledEnds() {
    Race.explore(
        () -> {
          Engine engine = new Engine(1, 1);
          CheckedListener listener = new CheckedListener();
          listener.room(false);
          Race.run(
              engine::run,
              () -> {
                Sequence sequence = listener.sequence(3);
                engine.submit(sequence);
                listener.awaitToken();
                sequence.cancel();
                engine.scheduler.wake();
                listener.await();
                engine.scheduler.drain();
              });
          listener.requireEnd();
          Race.require(listener.reason() == EndReason.ABORT, "found " + listener.reason());
        });
  }

  @Test
  void aReaderThatHasRoomAgainGetsTheRest() {
    Race.explore(
        () -> {
          Engine engine = new Engine(1, 1);
          CheckedListener listener = new CheckedListener();
          listener.room(false);
          Race.run(
              engine::run,
              () -> {
                engine.submitAndExpectAnEnd(listener, 2);
                engine.scheduler.close();
              },
              () -> {
                listener.room(true);
                engine.scheduler.wake();
              });
          Race.require(listener.reason() == EndReason.LENGTH, "found " + listener.reason());
        });
  }

  @Test
  void theQueueTakesAsManyAsItMay() {
    Race.explore(
        () -> {
          Engine engine = new Engine(1, 1);
          AtomicInteger taken = new AtomicInteger();
          Race.Action caller =
              () -> {
                CheckedListener listener = new CheckedListener();
                listener.room(false);
                if (engine.submit(listener.sequence(3))) {
                  taken.incrementAndGet();
                }
              };
          Race.run(
              engine::run,
              () -> {
                Race.run(caller, caller, caller);
                engine.scheduler.close();
              });
          Race.require(taken.get() == 2, taken + " sequences were taken, not 2");
        });
  }

  @Test
  void whoHearsOfAnEndFindsThePlaceFree() {
    Race.explore(
        () -> {
          Engine engine = new Engine(1, 0);
          Race.run(
              engine::run,
              () -> {
                try {
                  for (int i = 0; i < 2; i++) {
                    CheckedListener listener = new CheckedListener();
                    Race.require(engine.submit(listener.sequence(1)), "a free place was refused");
                    listener.await();
                  }
                } finally {
                  engine.scheduler.close();
                }
              });
        });
  }

  @Test
  void sequencesThatNeedEachOthersPagesEnd() {
    Race.explore(
        () -> {
          Engine engine = new Engine(2, 0, 3, 0);
          CheckedListener one = new CheckedListener();
          CheckedListener other = new CheckedListener();
          Race.run(
              engine::run,
              () -> {
                Race.run(
                    () -> engine.submitAndExpectAnEnd(one, 2),
                    () -> engine.submitAndExpectAnEnd(other, 2));
                engine.scheduler.drain();
              });
          Race.require(one.reason() == EndReason.LENGTH, "found " + one.reason());
          Race.require(other.reason() == EndReason.LENGTH, "found " + other.reason());
        });
  }

  @Test
  void aFailedPassLeavesNobodyWaiting() {
    Race.explore(
        () -> {
          Engine engine = new Engine(2, 0, 8, 1);
          Race.run(
              engine::run,
              () -> {
                Race.run(
                    () -> engine.submitAndExpectAnEnd(new CheckedListener(), 1),
                    () -> engine.submitAndExpectAnEnd(new CheckedListener(), 1));
                engine.scheduler.drain();
              });
        });
  }

  @Test
  void aLostModelLeavesNobodyWaiting() {
    Race.explore(
        () -> {
          Engine engine = new Engine(1, 2);
          engine.model.lose();
          Race.run(
              engine::run,
              () -> engine.submitAndExpectAnEnd(new CheckedListener(), 1),
              () -> engine.submitAndExpectAnEnd(new CheckedListener(), 1),
              engine.scheduler::drain);
        });
  }
}
