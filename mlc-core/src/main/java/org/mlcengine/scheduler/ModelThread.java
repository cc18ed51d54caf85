package org.mlcengine.scheduler;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A thread that opens a model, runs its scheduler, and closes the model. A daemon, so that a JVM in
 * which nobody closes the engine still exits.
 *
 * @param <M> the type of the model
 * @param <S> the type of the scheduler
 */
final class ModelThread<M, S> {
  /**
   * How a thread treats its model.
   *
   * @param opener opens the model
   * @param closer closes it
   * @param schedulers makes the scheduler of an open model
   * @param runner runs the scheduler until it is closed
   */
  record Life<M, S>(
      Supplier<M> opener, Consumer<M> closer, Function<M, S> schedulers, Consumer<S> runner) {}

  private final Thread thread;
  private final M model;
  private final S scheduler;

  private ModelThread(Thread thread, M model, S scheduler) {
    this.thread = thread;
    this.model = model;
    this.scheduler = scheduler;
  }

  /** Starts the thread and waits until the model is open; throws what the opener throws. */
  static <M, S> ModelThread<M, S> start(String name, Life<M, S> life) {
    CompletableFuture<M> opened = new CompletableFuture<>();
    CompletableFuture<S> scheduled = new CompletableFuture<>();
    Thread thread =
        Thread.ofPlatform().name(name).daemon().start(() -> live(life, opened, scheduled));
    try {
      return new ModelThread<>(thread, opened.join(), scheduled.join());
    } catch (CompletionException e) {
      switch (e.getCause()) {
        case RuntimeException failure -> throw failure;
        case Error failure -> throw failure;
        case null, default -> throw e;
      }
    }
  }

  private static <M, S> void live(
      Life<M, S> life, CompletableFuture<M> opened, CompletableFuture<S> scheduled) {
    try {
      M model = life.opener.get();
      try {
        S scheduler = life.schedulers.apply(model);
        opened.complete(model);
        scheduled.complete(scheduler);
        life.runner.accept(scheduler);
      } finally {
        life.closer.accept(model);
      }
    } catch (RuntimeException | Error e) {
      if (!opened.completeExceptionally(e)) {
        System.getLogger(ModelThread.class.getName())
            .log(System.Logger.Level.ERROR, "closing the model failed", e);
      }
    }
  }

  M model() {
    return model;
  }

  S scheduler() {
    return scheduler;
  }

  boolean hasEnded() {
    return !thread.isAlive();
  }

  /** Runs something after the thread has ended, on a thread of its own. */
  void whenEnded(Runnable then) {
    Thread.ofVirtual()
        .name(thread.getName() + "-end")
        .start(
            () -> {
              awaitEnd();
              then.run();
            });
  }

  /**
   * Waits until the thread has ended, whose scheduler was closed before. An interrupt does not cut
   * the wait short, since the memory is freed only then.
   */
  void awaitEnd() {
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
}
