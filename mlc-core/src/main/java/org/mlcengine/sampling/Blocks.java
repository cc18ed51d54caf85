package org.mlcengine.sampling;

/**
 * Loops over blocks of numbers, which stay in the first-level cache. Each does one thing to all of
 * a block and has constant bounds, so that the compiler vectorizes it. Bits stand for non-negative
 * floats, whose order they have.
 */
final class Blocks {
  /** The length of every block. */
  static final int SIZE = 1024;

  /** The least of the keys that stand for NaN. */
  static final int NAN = 0x7f000002;

  /** How many negative NaNs there are: less this, their keys wrap around to the highest ones. */
  private static final int NEGATIVE_NANS = 0x007fffff;

  private Blocks() {}

  static int count(int size) {
    return (size + SIZE - 1) / SIZE;
  }

  /**
   * Returns the largest of the keys of floats, which have the order of the floats, and those of
   * NaNs above that of infinity: {@link #NAN}.
   *
   * @param bits of floats of any sign
   */
  static int largestKey(int[] bits) {
    int largest = Integer.MIN_VALUE;
    for (int i = 0; i < SIZE; i++) {
      int magnitude = (bits[i] >> 31) >>> 1;
      largest = Math.max(largest, (bits[i] ^ magnitude) - NEGATIVE_NANS);
    }
    return largest;
  }

  /** Returns the float of a key. */
  static float ofKey(int key) {
    int ordered = key + NEGATIVE_NANS;
    return Float.intBitsToFloat(ordered ^ ((ordered >> 31) >>> 1));
  }

  /** Returns the sum of the values, added in pairs. Overwrites the block. */
  static double sum(float[] block) {
    for (int i = 0; i < 512; i++) {
      block[i] += block[i + 512];
    }
    for (int i = 0; i < 256; i++) {
      block[i] += block[i + 256];
    }
    for (int i = 0; i < 128; i++) {
      block[i] += block[i + 128];
    }
    for (int i = 0; i < 64; i++) {
      block[i] += block[i + 64];
    }
    double even = 0;
    double odd = 0;
    for (int i = 0; i < 32; i += 2) {
      even += block[i] + block[i + 32];
      odd += block[i + 1] + block[i + 33];
    }
    return even + odd;
  }

  /** Returns how many values are at least the floor. */
  static int countAtLeast(int[] bits, int floor) {
    int below = floor - 1;
    int count = 0;
    for (int i = 0; i < SIZE; i++) {
      count += (below - bits[i]) >>> 31;
    }
    return count;
  }

  /** Turns the values below the floor to 0. */
  static void keepAtLeast(int[] bits, int floor) {
    int below = floor - 1;
    for (int i = 0; i < SIZE; i++) {
      bits[i] &= (below - bits[i]) >> 31;
    }
  }
}
