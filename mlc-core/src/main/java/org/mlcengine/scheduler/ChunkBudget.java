package org.mlcengine.scheduler;

/**
 * How many prompt tokens a pass computes. Alone it takes as many as it may. Beside replies under
 * way it takes about as long as one of their steps, by what passes took before, so that nobody sees
 * them stall.
 */
final class ChunkBudget {
  /** Time of a chunk beside a decode, as a share of that decode's. */
  private static final double SHARE = 1.25;

  private static final int LEAST = 16;

  /** So many tokens of one prompt are never cut: a pass has costs of its own, whatever its size. */
  private static final int SHORT = 48;

  private static final int FIRST = 64;
  private static final double WEIGHT = 0.2;

  private final int most;
  private double decodeNanos;
  private double tokenNanos;

  ChunkBudget(int most) {
    this.most = most;
  }

  /** Returns the most tokens of the next pass. */
  int tokens(boolean besideDecodes) {
    if (!besideDecodes) {
      return most;
    }
    if (decodeNanos == 0 || tokenNanos == 0) {
      return Math.min(FIRST, most);
    }
    return Math.min(most, (int) Math.max(LEAST, SHARE * decodeNanos / tokenNanos));
  }

  /** Returns how many of a prompt's remaining tokens a pass computes that has room for so many. */
  int part(int remaining, int room) {
    return remaining <= Math.min(most, Math.max(room, SHORT)) ? remaining : room;
  }

  void decoded(long nanos) {
    decodeNanos = average(decodeNanos, nanos);
  }

  void prefilled(int tokens, long nanos) {
    // A few tokens take nearly as long as some more, and would make each seem dear.
    if (tokens >= LEAST || tokenNanos == 0) {
      tokenNanos = average(tokenNanos, (double) nanos / tokens);
    }
  }

  private static double average(double earlier, double now) {
    return earlier == 0 ? now : earlier + WEIGHT * (now - earlier);
  }
}
