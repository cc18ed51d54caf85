package org.mlcengine.speculation;

/**
 * Tokens that may follow a sequence, and how often earlier ones did. One for each sequence, reused
 * from pass to pass. How likely a token comes true is remembered for each strength of a draft.
 */
public final class Draft {
  /** The most tokens of a draft. */
  public static final int MOST_TOKENS = 16;

  /** How many strengths of a draft there are: 0 for the weakest, and so on. */
  static final int STRENGTHS = 3;

  private final int[] tokens = new int[MOST_TOKENS];
  private int size;
  private int strength;
  private int at;
  private int chosen;
  private final Acceptance acceptance;

  /** Creates an empty draft whose tokens are as likely at first as {@code others} have been. */
  Draft(Acceptance others) {
    acceptance = new Acceptance(others);
  }

  /** Empties it, for a sequence of so many tokens. */
  void begin(int length) {
    size = 0;
    strength = 0;
    chosen = 0;
    at = length;
  }

  /** Adds a token, of at most {@link #MOST_TOKENS}. */
  public void add(int token) {
    tokens[size++] = token;
  }

  /** Sets how sure the drafter is, from 0 to 2; those of equal strength are judged together. */
  public void strength(int value) {
    strength = value;
  }

  int strength() {
    return strength;
  }

  int size() {
    return size;
  }

  void choose(int count) {
    chosen = count;
  }

  /** Returns how many of its tokens are worth to be verified. */
  public int chosen() {
    return chosen;
  }

  /** Returns a token of it. */
  public int token(int index) {
    return tokens[index];
  }

  /** Returns how likely a token of it is right where those before it are. */
  double likelihood() {
    return acceptance.likelihood(strength);
  }

  /**
   * Learns from what came, and returns how many tokens were right from the first on.
   *
   * @param now the sequence's tokens
   * @param length how many of them there are
   */
  int compare(int[] now, int length, Acceptance others) {
    int compared = Math.min(size, length - at);
    for (int i = 0; i < compared; i++) {
      boolean right = now[at + i] == tokens[i];
      acceptance.add(strength, right);
      others.add(strength, right);
      if (!right) {
        return i;
      }
    }
    return compared;
  }
}
