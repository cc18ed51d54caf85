package org.mlcengine.scheduler;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.mlcengine.runtime.Model;

/**
 * The one thread that touches a model: it opens it, runs the scheduler's steps, and closes it. A
 * daemon, so that a JVM in which nobody closes the engine still exits.
 *
 * @param <M> the type of the model
 * @param <S> the type of the scheduler
 */
public final class EngineThread<M extends Model, S extends ModelScheduler>
    implements AutoCloseable {
  private final Thread thread;
  private final M model;
  private final S scheduler;

  /** Done when the model is closed, by the engine's thread, which ends then. */
  private final CompletableFuture<Void> ended;

  private EngineThread(Thread thread, M model, S scheduler, CompletableFuture<Void> ended) {
    this.thread = thread;
    this.model = model;
    this.scheduler = scheduler;
    this.ended = ended;
  }

  /**
   * Starts the thread and waits until the model is open.
   *
   * @param name the thread's name
   * @param opener opens the model; what it throws is thrown here
   * @param schedulers makes the scheduler of an open model
   */
  public static <M extends Model, S extends ModelScheduler> EngineThread<M, S> start(
      String name, Supplier<M> opener, Function<M, S> schedulers) {
    CompletableFuture<M> opened = new CompletableFuture<>();
    CompletableFuture<S> scheduled = new CompletableFuture<>();
    CompletableFuture<Void> ended = new CompletableFuture<>();
    Thread thread =
        Thread.ofPlatform()
            .name(name)
            .daemon()
            .start(
                () -> {
                  live(opener, schedulers, opened, scheduled);
                  ended.complete(null);
                });
    try {
      return new EngineThread<>(thread, opened.join(), scheduled.join(), ended);
    } catch (CompletionException e) {
      switch (e.getCause()) {
        case RuntimeException failure -> throw failure;
        case Error failure -> throw failure;
        case null, default -> throw e;
      }
    }
  }

  private static <M extends Model, S extends ModelScheduler> void live(
      Supplier<M> opener,
      Function<M, S> schedulers,
      CompletableFuture<M> opened,
      CompletableFuture<S> scheduled) {
    try (M model = opener.get()) {
      S scheduler = schedulers.apply(model);
      opened.complete(model);
      scheduled.complete(scheduler);
      scheduler.run();
    } catch (RuntimeException | Error e) {
      if (!opened.completeExceptionally(e)) {
        System.getLogger(EngineThread.class.getName())
            .log(System.Logger.Level.ERROR, "closing the model failed", e);
      }
    }
  }

  /** Returns the model, for facts that never change; its other methods belong to the thread. */
  public M model() {
    return model;
  }

  /** Returns the scheduler. */
  public S scheduler() {
    return scheduler;
  }

  /** Returns whether the model is closed. */
  public boolean hasEnded() {
    return !thread.isAlive();
  }

  /**
   * Refuses what is submitted from now on, closes the model when the rest is done, and returns at
   * once.
   *
   * @param then runs after the model was closed, before {@link #awaitEnd} returns
   */
  public void drain(Runnable then) {
    CompletableFuture<Void> unused = ended.thenRun(then);
    scheduler.drain();
  }

  /**
   * Ends the step under way, fails what is left, closes the model, and waits for all that. Closing
   * again does nothing.
   *
   * @throws IllegalStateException on the engine's own thread, which would wait for itself
   */
  @Override
  public void close() {
    requireOtherThread();
    scheduler.close();
    awaitEnd();
  }

  /**
   * Waits until the model is closed, which was asked for before. An interrupt does not cut the wait
   * short, since the memory is freed only then.
   *
   * @throws IllegalStateException on the engine's own thread, which would wait for itself
   */
  public void awaitEnd() {
    requireOtherThread();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void requireOtherThread() {
    if (Thread.currentThread() == thread) {
      throw new IllegalStateException(
          "A listener waits for the end of the engine whose thread called it, which would last for"
              + " ever. Close or unload the engine on another thread.");
    }
  }
}
