package org.mlcengine.scheduler;

import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.mlcengine.errors.EngineClosedException;
import org.mlcengine.model.EmbeddingMetadata;
import org.mlcengine.races.CheckedEncoder;
import org.mlcengine.races.Owner;
import org.mlcengine.races.Race;

/** Callers of an encoder's scheduler against the thread that runs it. */
class EncoderSchedulerRaces {
  private static final EmbeddingMetadata MEAN =
      new EmbeddingMetadata(EmbeddingMetadata.Pooling.MEAN, false);

  private static final class Engine {
    final Owner owner = new Owner();
    final CheckedEncoder model = new CheckedEncoder(owner);
    private boolean closing;
    final EncoderScheduler scheduler = new EncoderScheduler(model, MEAN, 1024, () -> 0);

    void run() {
      owner.open();
      scheduler.run();
    }

    /** Says that the scheduler may be closed. */
    Engine closing() {
      closing = true;
      return this;
    }

    /** Returns whether the request was taken, and then its vectors came. */
    boolean embed(int texts) throws InterruptedException {
      try {
        List<float[]> vectors = scheduler.submit(texts(texts)).get();
        Race.require(vectors.size() == texts, vectors.size() + " vectors came");
        return true;
      } catch (EngineClosedException e) {
        return false;
      } catch (ExecutionException e) {
        Race.require(closing && e.getCause() instanceof EngineClosedException, "found " + e);
        return false;
      }
    }
  }

  private static List<int[]> texts(int count) {
    return Collections.nCopies(count, new int[] {0});
  }

  @Test
  void everyRequestEndsWhileTheSchedulerIsClosed() {
    Race.explore(
        () -> {
          Engine engine = new Engine().closing();
          Race.run(
              engine::run, () -> engine.embed(1), () -> engine.embed(3), engine.scheduler::close);
        });
  }

  @Test
  void whatWasTakenIsCompleteWhenTheSchedulerIsDrained() {
    Race.explore(
        () -> {
          Engine engine = new Engine();
          Race.run(
              engine::run,
              () -> {
                if (engine.embed(3)) {
                  Race.require(engine.model.texts() == 3, engine.model.texts() + " were computed");
                }
              },
              engine.scheduler::drain);
          Race.require(engine.model.texts() % 3 == 0, "a request was cut");
        });
  }

  @Test
  void aRequestThatIsCancelledHurtsNoOther() {
    Race.explore(
        () -> {
          Engine engine = new Engine();
          CompletableFuture<List<float[]>> cancelled = engine.scheduler.submit(texts(2));
          Race.run(
              engine::run,
              () -> {
                cancelled.cancel(false);
                try {
                  cancelled.get();
                } catch (CancellationException e) {
                  Race.require(cancelled.isCancelled(), "the request failed: " + e);
                }
              },
              () -> {
                Race.require(engine.embed(1), "a request was refused");
                engine.scheduler.drain();
              });
        });
  }
}
