package org.mlcengine.sampling;

/**
 * The Mersenne Twister that MLC draws from ({@code std::mt19937}), so that the same seed gives the
 * same numbers. After M. Matsumoto and T. Nishimura, "Mersenne Twister", ACM TOMACS 8(1), 1998. Not
 * safe for use by several threads at once.
 */
public final class Mt19937 {
  private static final int SIZE = 624;
  private static final int SHIFT = 397;
  private static final int MATRIX = 0x9908b0df;
  private static final double TWO_32 = 0x1p32;
  private static final double TWO_64 = 0x1p64;

  private final int[] state = new int[SIZE];
  private int next = SIZE;

  /**
   * Starts a sequence.
   *
   * @param seed only its low 32 bits count, as in MLC
   */
  public Mt19937(long seed) {
    state[0] = (int) seed;
    for (int i = 1; i < SIZE; i++) {
      state[i] = 1812433253 * (state[i - 1] ^ (state[i - 1] >>> 30)) + i;
    }
  }

  /** Returns the next 32 bits. */
  public int nextInt() {
    if (next == SIZE) {
      twist();
    }
    int y = state[next++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return y ^ (y >>> 18);
  }

  /**
   * Returns a number from 0 (inclusive) to 1 (exclusive), made of two outputs, the lower half
   * first, as {@code std::uniform_real_distribution<double>} does.
   */
  public double nextDouble() {
    double low = Integer.toUnsignedLong(nextInt());
    double high = Integer.toUnsignedLong(nextInt());
    return Math.min((low + high * TWO_32) / TWO_64, Math.nextDown(1.0));
  }

  private void twist() {
    for (int i = 0; i < SIZE; i++) {
      int y = (state[i] & 0x80000000) | (state[(i + 1) % SIZE] & 0x7fffffff);
      state[i] = state[(i + SHIFT) % SIZE] ^ (y >>> 1) ^ ((y & 1) == 0 ? 0 : MATRIX);
    }
    next = 0;
  }
}
