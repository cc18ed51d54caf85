package org.mlcengine.speculation;

/**
 * Guesses how sequences go on. What it says changes no reply, only how soon it comes. Belongs to
 * the engine's thread.
 */
public interface Drafter extends AutoCloseable {
  /**
   * Adds tokens that may follow a sequence.
   *
   * @param sequence names the sequence; another may have the number later
   * @param tokens the first {@code length} are those of the sequence
   * @param most how many tokens, at least 1
   * @param to empty
   */
  void draft(long sequence, int[] tokens, int length, int most, Draft to);

  /** Returns whether a draft costs next to nothing, so that it may be made and not be used. */
  boolean isFree();

  @Override
  void close();
}
