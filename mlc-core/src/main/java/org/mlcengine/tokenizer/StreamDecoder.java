package org.mlcengine.tokenizer;

/**
 * Decodes ids that arrive one at a time. The pieces, joined, equal what {@link
 * Tokenizer#decode(int...)} returns for all the ids; no piece ends within a character. A decoder
 * serves one thread.
 */
public interface StreamDecoder {
  /**
   * Returns the text that became certain with this id; it is empty while a character is incomplete.
   */
  String append(int id);

  /** Returns what was held back, an incomplete character as U+FFFD, and begins anew. */
  String finish();
}
