package org.mlcengine.scheduler;

import java.util.function.Function;
import java.util.function.Supplier;
import org.mlcengine.runtime.LanguageModel;

/**
 * The one thread that touches a language model: it opens it, runs the scheduler's steps, and closes
 * it. A daemon, so that a JVM in which nobody closes the engine still exits.
 *
 * @param <M> the type of the model
 */
public final class EngineThread<M extends LanguageModel> implements AutoCloseable {
  private final ModelThread<M, Scheduler> thread;

  private EngineThread(ModelThread<M, Scheduler> thread) {
    this.thread = thread;
  }

  /**
   * Starts the thread and waits until the model is open.
   *
   * @param name the thread's name
   * @param opener opens the model; what it throws is thrown here
   * @param schedulers makes the scheduler of an open model
   */
  public static <M extends LanguageModel> EngineThread<M> start(
      String name, Supplier<M> opener, Function<M, Scheduler> schedulers) {
    return new EngineThread<>(
        ModelThread.start(
            name,
            new ModelThread.Life<>(opener, LanguageModel::close, schedulers, Scheduler::run)));
  }

  /** Returns the model, for facts that never change; its other methods belong to the thread. */
  public M model() {
    return thread.model();
  }

  /** Returns the scheduler. */
  public Scheduler scheduler() {
    return thread.scheduler();
  }

  /**
   * Refuses what is submitted from now on, closes the model when the rest is done, and returns at
   * once.
   *
   * @param then runs after the model was closed, on a thread of its own
   */
  public void drain(Runnable then) {
    scheduler().drain();
    thread.whenEnded(then);
  }

  /** Waits until the model is closed, which was asked for before. */
  public void awaitEnd() {
    thread.awaitEnd();
  }

  /** Returns whether the model is closed. */
  public boolean hasEnded() {
    return thread.hasEnded();
  }

  /**
   * Ends the step under way, fails what is left, closes the model, and waits for all that. Closing
   * again does nothing. An interrupt does not cut the wait short, since the memory is freed only
   * then.
   */
  @Override
  public void close() {
    scheduler().close();
    thread.awaitEnd();
  }
}
