package org.mlcengine.sampling;

import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.Random;

/** Makes masks of allowed tokens. */
final class Masks {
  private Masks() {}

  /** Allows each of the tokens with this probability, and always the given one. */
  static BitSet random(Random random, int vocabSize, double density, int always) {
    BitSet allowed = new BitSet();
    for (int i = 0; i < vocabSize; i++) {
      allowed.set(i, i == always || random.nextDouble() < density);
    }
    return allowed;
  }

  /** Returns the words of a mask, with all bits beyond the vocabulary set. */
  static MemorySegment words(BitSet allowed, int vocabSize) {
    int[] words = new int[(vocabSize + 31) / 32];
    for (int i = 0; i < 32 * words.length; i++) {
      if (i >= vocabSize || allowed.get(i)) {
        words[i / 32] |= 1 << (i % 32);
      }
    }
    return MemorySegment.ofArray(words);
  }
}
