package org.mlcengine.errors;

/** As many requests wait as may. Nothing was done for this one; try it again later. */
public final class QueueFullException extends MLCException {
  /**
   * Creates an exception.
   *
   * @param waiting how many sequences wait
   * @param maxQueue how many may
   */
  public QueueFullException(int waiting, int maxQueue) {
    super(
        "%d sequences wait for the engine, and at most %d may. Try again later, or build the engine"
                .formatted(waiting, maxQueue)
            + " with a larger maxQueue.");
  }
}
