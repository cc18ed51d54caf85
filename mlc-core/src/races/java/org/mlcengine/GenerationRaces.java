package org.mlcengine;

import java.lang.foreign.MemorySegment;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.mlcengine.errors.EngineClosedException;
import org.mlcengine.errors.EngineFailedException;
import org.mlcengine.generation.ReplyText;
import org.mlcengine.generation.StopAutomaton;
import org.mlcengine.races.CheckedModel;
import org.mlcengine.races.Owner;
import org.mlcengine.races.Race;
import org.mlcengine.sampling.TokenLogprobs;
import org.mlcengine.scheduler.EndReason;
import org.mlcengine.scheduler.Scheduler;
import org.mlcengine.scheduler.SchedulerLimits;
import org.mlcengine.scheduler.Terms;

/** The reader of a reply against the thread that generates it, and those that end it. */
class GenerationRaces {
  private static final StopAutomaton NO_STOP = new StopAutomaton(Set.of());

  /** One engine, and what its only request has given to its reader. */
  private static final class Engine {
    final Owner owner = new Owner();
    final CheckedModel model;
    final Scheduler scheduler;
    final Generation generation;
    final StringBuilder read = new StringBuilder();
    final int choices;
    int ends;
    @Nullable EndReason reason;
    @Nullable RuntimeException failure;

    Engine(int choices, int length, int failingPasses) {
      this.choices = choices;
      model = new CheckedModel(owner, 16).failing(failingPasses);
      scheduler = new Scheduler(model, new SchedulerLimits(choices, 4, choices, 0), () -> 0);
      RequestReport report =
          new RequestReport(new EngineListener() {}, RequestSummary.Operation.CHAT, choices);
      generation = new Generation(scheduler, Generation.Delivery.PIECES, report, 1);
      for (int i = 0; i < choices; i++) {
        ReplyText text = new ReplyText(new Letters(), NO_STOP, Set.of());
        generation.add(new int[] {0}, length, new Zeros(), text, Terms.DEFAULT);
      }
      generation.start();
    }

    void run() {
      owner.open();
      scheduler.run();
    }

    /** Reads to the end, and lets the engine end. */
    void read() {
      try {
        while (!generation.ended()) {
          switch (generation.next()) {
            case Generation.Text text -> read.append(text.text());
            case Generation.End end -> {
              ends++;
              reason = end.reason();
            }
            case Generation.Failure failed -> throw new AssertionError("a failure was returned");
          }
        }
      } catch (RuntimeException e) {
        failure = e;
      }
      scheduler.drain();
    }

    void requireEnds() {
      Race.require(failure == null, "the reader got " + failure);
      Race.require(ends == choices, ends + " choices ended");
    }

    void requireEndsOr(Class<? extends RuntimeException> expected) {
      if (!expected.isInstance(failure)) {
        requireEnds();
      }
    }
  }

  /** Draws the only token that there is. */
  private static final class Zeros implements ReplySampler {
    private boolean closed;

    @Override
    public int sample(MemorySegment logits) {
      Race.require(!closed, "a sampler was used after its end");
      return 0;
    }

    @Override
    public @Nullable TokenLogprobs logprobs() {
      return null;
    }

    @Override
    public void close() {
      Race.require(!closed, "a sampler was closed twice");
      closed = true;
    }
  }

  @Test
  void aSlowReaderGetsEverything() {
    Race.explore(
        () -> {
          Engine engine = new Engine(1, 3, 0);
          Race.run(engine::run, engine::read);
          engine.requireEnds();
          Race.require(engine.read.toString().equals("xxx"), "found " + engine.read);
          Race.require(engine.reason == EndReason.LENGTH, "found " + engine.reason);
        });
  }

  @Test
  void theReaderOfSeveralChoicesGetsTheEndOfEach() {
    Race.explore(
        () -> {
          Engine engine = new Engine(2, 2, 0);
          Race.run(engine::run, engine::read);
          engine.requireEnds();
          Race.require(engine.read.toString().equals("xxxx"), "found " + engine.read);
        });
  }

  @Test
  void aReplyThatIsCancelledWhileItIsReadEnds() {
    Race.explore(
        () -> {
          Engine engine = new Engine(1, 3, 0);
          Race.run(engine::run, engine::read, engine.generation::cancel);
          engine.requireEnds();
          Race.require(
              engine.reason == EndReason.ABORT || engine.read.length() == 3,
              engine.reason + " after " + engine.read);
        });
  }

  @Test
  void aReaderHearsThatTheEngineIsClosed() {
    Race.explore(
        () -> {
          Engine engine = new Engine(2, 2, 0);
          Race.run(engine::run, engine::read, engine.scheduler::close);
          engine.requireEndsOr(EngineClosedException.class);
        });
  }

  @Test
  void aReaderHearsOfAFailureOnce() {
    Race.explore(
        () -> {
          Engine engine = new Engine(2, 2, 4);
          Race.run(engine::run, engine::read, engine.generation::cancel);
          engine.requireEndsOr(EngineFailedException.class);
          Race.require(engine.generation.ended(), "the reader would wait for more");
        });
  }
}
