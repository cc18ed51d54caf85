package org.mlcengine.scheduler;

/** Gives a model its work. */
public interface ModelScheduler {
  /**
   * Runs steps until the scheduler is closed, drained or lost, then fails what is left. Belongs to
   * the thread that owns the model; the other methods may be called from any thread.
   */
  void run();

  /** Refuses what is submitted from now on, and makes {@link #run} return when the rest is done. */
  void drain();

  /** Makes {@link #run} return after the step under way. */
  void close();
}
