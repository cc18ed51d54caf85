package org.mlcengine.scheduler;

/**
 * Receives what a sequence produces. Called on the engine thread, so methods return at once and
 * never wait.
 */
public interface SequenceListener {
  /**
   * Takes a generated token.
   *
   * @return whether to go on; {@code false} ends the sequence with {@link EndReason#STOP}
   */
  boolean onToken(int token);

  /** The sequence ended; no call follows. */
  void onEnd(EndReason reason, SequenceTimes times);

  /** The sequence failed; no call follows. */
  void onFailure(RuntimeException failure);

  /**
   * Returns whether another token may be generated now. A listener whose reader lags says {@code
   * false}, which pauses this sequence alone, and calls {@link Scheduler#wake} when there is room.
   */
  default boolean hasRoom() {
    return true;
  }
}
