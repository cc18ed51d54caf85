package org.mlcengine.tokenizer.huggingface;

/** Splits text into the pieces within which tokens form. */
sealed interface PreTokenizer permits DigitSplit, Gpt2Split, RegexSplit, SpacePrefix {
  /** Gives the pieces of {@code text[from, to)}, in order, to the receiver. */
  void split(String text, int from, int to, Pieces pieces);

  /** Receives pieces of a text; none is empty. */
  @FunctionalInterface
  interface Pieces {
    /** Takes the piece {@code text[from, to)}. */
    void accept(String text, int from, int to);
  }
}
