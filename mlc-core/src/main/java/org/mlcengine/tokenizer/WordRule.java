package org.mlcengine.tokenizer;

/**
 * How byte-level tokenizers split text into words, for the patterns that are known: what a regular
 * expression of theirs says, without its cost. Each word ends where the pattern's match does that
 * begins there, and every character is in a word.
 */
public sealed interface WordRule permits Gpt2Words, Gpt4Words {
  /**
   * Returns where the word ends that begins at {@code begin}, which is before {@code to}.
   *
   * @param text a text of well-formed UTF-16
   * @param to where the text ends for the rule
   */
  int end(String text, int begin, int to);
}
