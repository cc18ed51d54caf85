package org.mlcengine.sampling;

/** Finds the first of the largest logits. */
final class Largest {
  /** What {@link #find} returns if there is no logit above negative infinity. */
  static final int NONE = -1;

  private static final int NEGATIVE_INFINITY = Float.floatToRawIntBits(Float.NEGATIVE_INFINITY);

  private final int[] bits = new int[Blocks.SIZE];
  private float max;

  /**
   * Returns the index of the first of the largest logits, or of the first NaN if there is one, or
   * {@link #NONE}.
   */
  int find(Row row) {
    max = Float.NEGATIVE_INFINITY;
    int found = NONE;
    for (int block = 0; block < row.blocks() && !Float.isNaN(max); block++) {
      row.readBits(block, bits, NEGATIVE_INFINITY);
      int key = Blocks.largestKey(bits);
      float largest = key >= Blocks.NAN ? Float.NaN : Blocks.ofKey(key);
      if (!(largest <= max)) {
        max = largest;
        found = block;
      }
    }
    return found == NONE ? NONE : found * Blocks.SIZE + indexInBlock(row, found);
  }

  /** Returns the logit that was found. */
  float max() {
    return max;
  }

  private int indexInBlock(Row row, int block) {
    row.readBits(block, bits, NEGATIVE_INFINITY);
    int index = 0;
    while (!isMax(Float.intBitsToFloat(bits[index]))) {
      index++;
    }
    return index;
  }

  private boolean isMax(float value) {
    return value == max || (Float.isNaN(value) && Float.isNaN(max));
  }
}
