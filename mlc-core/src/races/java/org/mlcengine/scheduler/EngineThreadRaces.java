package org.mlcengine.scheduler;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.mlcengine.errors.EngineClosedException;
import org.mlcengine.races.CheckedModel;
import org.mlcengine.races.Owner;
import org.mlcengine.races.Race;

/** Closing a thread that runs a model, while others use it and close it. */
class EngineThreadRaces {
  private static EngineThread<CheckedModel, Scheduler> start(Owner owner) {
    return EngineThread.start(
        "engine",
        () -> new CheckedModel(owner, 8),
        model -> new Scheduler(model, new SchedulerLimits(1, 4, 1, 0), () -> 0));
  }

  /** Submits, and expects one end before any closer returns. */
  private static void use(EngineThread<CheckedModel, Scheduler> engine, CheckedListener listener)
      throws InterruptedException {
    try {
      engine.scheduler().submit(List.of(listener.sequence(2)));
    } catch (EngineClosedException e) {
      listener.requireNoEnd();
      return;
    }
    listener.await();
    listener.requireEnd();
  }

  @Test
  void whoeverClosesItReturnsWhenTheModelIsClosed() {
    Race.explore(
        () -> {
          Owner owner = new Owner();
          EngineThread<CheckedModel, Scheduler> engine = start(owner);
          CheckedListener listener = new CheckedListener();
          Race.Action closer =
              () -> {
                engine.close();
                listener.deafen();
                owner.requireClosed();
              };
          Race.run(closer, closer, () -> use(engine, listener));
          engine.close();
          owner.requireClosed();
        });
  }

  @Test
  void drainingAndClosingCloseTheModelOnce() {
    Race.explore(
        () -> {
          Owner owner = new Owner();
          EngineThread<CheckedModel, Scheduler> engine = start(owner);
          CheckedListener listener = new CheckedListener();
          AtomicInteger freed = new AtomicInteger();
          Race.run(
              () -> {
                engine.drain(freed::incrementAndGet);
                engine.awaitEnd();
                owner.requireClosed();
                Race.require(freed.get() == 1, "what follows the end did not run once");
              },
              engine::close,
              () -> use(engine, listener));
          owner.requireClosed();
        });
  }
}
