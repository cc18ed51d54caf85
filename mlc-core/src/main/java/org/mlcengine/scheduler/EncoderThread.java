package org.mlcengine.scheduler;

import java.util.function.Function;
import java.util.function.Supplier;
import org.mlcengine.runtime.EncoderModel;

/**
 * The one thread that touches an encoder, as {@link EngineThread} is that of a language model.
 *
 * @param <M> the type of the model
 */
public final class EncoderThread<M extends EncoderModel> implements AutoCloseable {
  private final ModelThread<M, EncoderScheduler> thread;

  private EncoderThread(ModelThread<M, EncoderScheduler> thread) {
    this.thread = thread;
  }

  /**
   * Starts the thread and waits until the model is open.
   *
   * @param name the thread's name
   * @param opener opens the model; what it throws is thrown here
   * @param schedulers makes the scheduler of an open model
   */
  public static <M extends EncoderModel> EncoderThread<M> start(
      String name, Supplier<M> opener, Function<M, EncoderScheduler> schedulers) {
    return new EncoderThread<>(
        ModelThread.start(
            name,
            new ModelThread.Life<>(
                opener, EncoderModel::close, schedulers, EncoderScheduler::run)));
  }

  /** Returns the model, for facts that never change; its other methods belong to the thread. */
  public M model() {
    return thread.model();
  }

  /** Returns the scheduler. */
  public EncoderScheduler scheduler() {
    return thread.scheduler();
  }

  /** Does what {@link EngineThread#drain} does. */
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

  /** Does what {@link EngineThread#close} does. */
  @Override
  public void close() {
    scheduler().close();
    thread.awaitEnd();
  }
}
