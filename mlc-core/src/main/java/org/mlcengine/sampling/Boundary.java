package org.mlcengine.sampling;

import java.util.Arrays;

/**
 * Finds the weight down to which the largest ones of a row reach a count or a mass. The bits of the
 * weights are looked at ten at a time, from the highest down, as in a radix sort: whatever is in
 * the row, the work is two passes over it, and masses are exact.
 */
final class Boundary {
  private static final int DIGIT = 10;
  private static final int BUCKETS = 1 << DIGIT;
  private static final int TOP = 2 * DIGIT;

  /** A bucket holds the number of its weights above this bit, the sum of their low bits below. */
  private static final int COUNT_SHIFT = 40;

  private final long[] table = new long[BUCKETS];

  /** Takes every other weight: a bucket is added to faster by turns. */
  private final long[] otherTable = new long[BUCKETS];

  private final int[] block = new int[Blocks.SIZE];
  private int[] inside = {};
  private long count;
  private double mass;

  /**
   * Returns the bits of the weight at which the count or the mass is reached; of the floor if
   * neither is.
   *
   * @param row weights up to 1
   * @param floor the bits of the smallest weight that takes part, at least 1
   */
  int find(Row row, int floor, long wantedCount, double wantedMass) {
    count = 0;
    mass = 0;
    clear();
    for (int i = 0; i < row.blocks(); i++) {
      row.readBits(i, block, 0);
      tabulate(block, Blocks.SIZE, floor, TOP);
    }
    int found = descend(0, TOP, wantedCount, wantedMass);
    int size = found < 0 ? 0 : gather(row, floor, found);
    for (int shift = TOP - DIGIT; shift >= 0 && found >= 0; shift -= DIGIT) {
      int first = found << DIGIT;
      size = keep(size, found, shift + DIGIT);
      clear();
      tabulate(inside, size, floor, shift);
      found = descend(first, shift, wantedCount, wantedMass);
    }
    return found < 0 ? floor : found;
  }

  private void clear() {
    Arrays.fill(table, 0);
    Arrays.fill(otherTable, 0);
  }

  private void tabulate(int[] bits, int size, int floor, int shift) {
    long[] even = table;
    long[] odd = otherTable;
    long one = 1L << COUNT_SHIFT;
    int low = (1 << shift) - 1;
    for (int i = 0; i < size - 1; i += 2) {
      int a = bits[i];
      int b = bits[i + 1];
      if (a >= floor) {
        even[(a >>> shift) & (BUCKETS - 1)] += one + (a & low);
      }
      if (b >= floor) {
        odd[(b >>> shift) & (BUCKETS - 1)] += one + (b & low);
      }
    }
    if (size % 2 == 1 && bits[size - 1] >= floor) {
      int a = bits[size - 1];
      even[(a >>> shift) & (BUCKETS - 1)] += one + (a & low);
    }
  }

  /** Copies the weights of a top bucket, and returns how many there are. */
  private int gather(Row row, int floor, int bucket) {
    int inBucket = (int) ((table[bucket] + otherTable[bucket]) >>> COUNT_SHIFT);
    if (inside.length < inBucket) {
      inside = new int[inBucket];
    }
    int size = 0;
    for (int i = 0; i < row.blocks() && size < inBucket; i++) {
      row.readBits(i, block, 0);
      for (int bits : block) {
        if (bits >>> TOP == bucket && bits >= floor) {
          inside[size++] = bits;
        }
      }
    }
    return size;
  }

  /** Leaves the weights whose upper bits are these, and returns how many there are. */
  private int keep(int size, int prefix, int shift) {
    int kept = 0;
    for (int i = 0; i < size; i++) {
      int bits = inside[i];
      if (bits >>> shift == prefix) {
        inside[kept++] = bits;
      }
    }
    return kept;
  }

  /** Returns the upper bits of the weights among which the goal is reached, or -1. */
  private int descend(int first, int shift, long wantedCount, double wantedMass) {
    for (int bucket = BUCKETS - 1; bucket >= 0; bucket--) {
      long packed = table[bucket] + otherTable[bucket];
      long weights = packed >>> COUNT_SHIFT;
      if (weights > 0) {
        long lowBits = packed & ((1L << COUNT_SHIFT) - 1);
        float smallest = Float.intBitsToFloat((first | bucket) << shift);
        double bucketMass = weights * (double) smallest + lowBits * (double) Math.ulp(smallest);
        if (count + weights >= wantedCount || mass + bucketMass >= wantedMass) {
          return first | bucket;
        }
        count += weights;
        mass += bucketMass;
      }
    }
    return -1;
  }
}
