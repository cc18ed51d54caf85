package org.mlcengine.tokenizer;

import java.util.OptionalInt;

/**
 * Turns text into token ids and back. Implementations are immutable and may be used by any number
 * of threads at once.
 */
public interface Tokenizer {
  /**
   * Returns the ids of a text. Added tokens such as {@code <|im_start|>} are recognised where the
   * text spells them; no other token is put in front of or behind the text. A surrogate without its
   * partner counts as U+FFFD.
   */
  int[] encode(String text);

  /**
   * Returns the text of the ids, special tokens included. Each maximal part of the bytes that is
   * not UTF-8 becomes one U+FFFD. Ids without a token contribute nothing.
   */
  String decode(int... ids);

  /**
   * Returns a fresh array of the bytes that an id contributes to a text. It is empty for an id
   * outside the vocabulary and for one that has no token.
   */
  byte[] tokenBytes(int id);

  /** Returns one more than the highest id that has a token. */
  int vocabSize();

  /** Returns the id of a token, written as the tokenizer's file writes it. */
  OptionalInt idOf(String token);

  /** Tells whether the id is that of a special token, such as the end of a turn. */
  boolean isSpecial(int id);

  /** Returns a new decoder for ids that arrive one at a time. */
  StreamDecoder streamDecoder();
}
