package org.mlcengine.tokenizer;

import java.util.Arrays;
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
  default int[] encode(String text) {
    return encode(text, SpecialTokens.RECOGNIZED);
  }

  /**
   * Returns the ids of a text, as {@link #encode(String)} does, with a choice about the special
   * tokens that it spells. Added tokens that are not special are recognised either way.
   */
  int[] encode(String text, SpecialTokens special);

  /**
   * Returns the ids of a text with the tokens around it that the tokenizer's file asks for, such as
   * one for the beginning of a sequence. Without such tokens it equals {@link #encode(String)}.
   */
  default int[] encodeWithSpecialTokens(String text) {
    return encode(text);
  }

  /**
   * Returns the text of the ids, special tokens included. Each maximal part of the bytes that is
   * not UTF-8 becomes one U+FFFD, unless the tokenizer's file asks for something else. Ids without
   * a token contribute nothing.
   */
  String decode(int... ids);

  /** Returns the text of the ids that are not special tokens. */
  default String decodeWithoutSpecialTokens(int... ids) {
    return decode(Arrays.stream(ids).filter(id -> !isSpecial(id)).toArray());
  }

  /**
   * Returns a fresh array of the bytes that an id contributes within a text: what a decoder does to
   * a text's beginning, such as leaving out a space, is not done here. It is empty for an id
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
