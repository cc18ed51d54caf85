package org.mlcengine.sampling;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;

/** Takes tokens that a grammar does not allow out of a row of logits. */
final class Mask {
  /** One logit in this many may be allowed for a selection to be less work than the whole row. */
  private static final int SPARSE = 16;

  private static final int BITS = Integer.SIZE;
  private static final int ALL = -1;

  private Mask() {}

  /** Returns how many words hold a bit for each token. */
  static int words(int size) {
    return (size + BITS - 1) / BITS;
  }

  /**
   * Makes a row of the allowed logits: of those alone if they are few, and else of all, with the
   * others at negative infinity.
   *
   * @param logits float32; the others may be overwritten
   * @param allowed int32 [{@link #words}]; bit j of word i stands for id 32 i + j
   * @return how many are allowed
   */
  static int apply(MemorySegment logits, int size, MemorySegment allowed, Row row) {
    int count = 0;
    for (int word = 0; word < words(size); word++) {
      count += Integer.bitCount(bits(allowed, word, size));
    }
    if (count <= size / SPARSE) {
      select(logits, size, allowed, row, count);
    } else {
      exclude(logits, size, allowed);
      row.view(logits, size);
    }
    return count;
  }

  private static void select(
      MemorySegment logits, int size, MemorySegment allowed, Row row, int count) {
    row.select(count);
    for (int word = 0; word < words(size); word++) {
      for (int bits = bits(allowed, word, size); bits != 0; bits &= bits - 1) {
        int id = word * BITS + Integer.numberOfTrailingZeros(bits);
        row.add(id, logits.getAtIndex(JAVA_FLOAT, id));
      }
    }
  }

  private static void exclude(MemorySegment logits, int size, MemorySegment allowed) {
    for (int word = 0; word < words(size); word++) {
      int excluded = ~bits(allowed, word, size) & inRange(word, size);
      for (; excluded != 0; excluded &= excluded - 1) {
        int id = word * BITS + Integer.numberOfTrailingZeros(excluded);
        logits.setAtIndex(JAVA_FLOAT, id, Float.NEGATIVE_INFINITY);
      }
    }
  }

  private static int bits(MemorySegment allowed, int word, int size) {
    return allowed.getAtIndex(JAVA_INT, word) & inRange(word, size);
  }

  private static int inRange(int word, int size) {
    int left = size - word * BITS;
    return left >= BITS ? ALL : ALL >>> (BITS - left);
  }
}
