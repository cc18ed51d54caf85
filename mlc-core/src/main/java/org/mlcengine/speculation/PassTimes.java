package org.mlcengine.speculation;

/**
 * How long passes take by the number of their tokens, as measured. What was not measured is guessed
 * from its neighbours, and what was measured long ago is forgotten, so that one slow pass does not
 * count for ever.
 */
final class PassTimes {
  private static final double WEIGHT = 0.2;

  /** How much longer a pass takes for each token more, until that is known. */
  private static final double GUESS = 0.15;

  private static final int MEMORY = 128;

  private final double[] nanos;
  private final long[] last;
  private long passes = MEMORY;

  /** Creates one for passes of up to {@code most} tokens. */
  PassTimes(int most) {
    nanos = new double[most + 1];
    last = new long[most + 1];
  }

  void add(int tokens, long time) {
    passes++;
    if (tokens < nanos.length) {
      nanos[tokens] = known(tokens) ? nanos[tokens] + WEIGHT * (time - nanos[tokens]) : time;
      last[tokens] = passes;
    }
  }

  /** Returns about how long a pass takes, in a unit that is the same for all numbers of tokens. */
  double estimate(int tokens) {
    if (known(tokens)) {
      return nanos[tokens];
    }
    int below = next(tokens, -1);
    int above = next(tokens, 1);
    if (below == 0) {
      return above == 0 ? 1 + GUESS * tokens : nanos[above] / (1 + GUESS * (above - tokens));
    }
    if (above != 0) {
      return nanos[below]
          + (nanos[above] - nanos[below]) * (tokens - below) / (double) (above - below);
    }
    int lower = next(below, -1);
    double slope =
        lower == 0
            ? GUESS * nanos[below]
            : Math.max(0, (nanos[below] - nanos[lower]) / (below - lower));
    return nanos[below] + slope * (tokens - below);
  }

  /** Returns the nearest number of tokens in a direction whose time is known, or 0. */
  private int next(int tokens, int step) {
    int place = tokens + step;
    while (place > 0 && place < nanos.length) {
      if (known(place)) {
        return place;
      }
      place += step;
    }
    return 0;
  }

  /** Returns whether a pass of so many tokens was measured not long ago. */
  boolean known(int tokens) {
    return tokens < nanos.length && last[tokens] > 0 && passes - last[tokens] < MEMORY;
  }
}
