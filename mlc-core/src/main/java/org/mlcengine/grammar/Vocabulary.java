package org.mlcengine.grammar;

import java.util.BitSet;
import java.util.Set;
import org.mlcengine.tokenizer.Tokenizer;

/**
 * What a matcher needs to know of the tokens.
 *
 * @param size how many logits there are
 * @param unusable tokens that no text has: special ones but the marks, and ids without a token
 * @param stops the tokens that end a reply
 */
record Vocabulary(int size, BitSet unusable, BitSet stops) {
  /**
   * Reads a tokenizer.
   *
   * @param marks special tokens that stand for their text
   */
  static Vocabulary of(Tokenizer tokenizer, int size, Set<Integer> marks, int... stopTokenIds) {
    BitSet unusable = new BitSet(size);
    BitSet stops = new BitSet(size);
    for (int id : stopTokenIds) {
      stops.set(id);
    }
    for (int id = 0; id < size; id++) {
      boolean text = !tokenizer.isSpecial(id) || marks.contains(id);
      boolean usable = text && tokenizer.tokenBytes(id).length > 0;
      unusable.set(id, !usable && !stops.get(id));
    }
    return new Vocabulary(size, unusable, stops);
  }

  /** How many 32-bit words hold a bit for each token. */
  int words() {
    return Math.ceilDiv(size, Integer.SIZE);
  }
}
