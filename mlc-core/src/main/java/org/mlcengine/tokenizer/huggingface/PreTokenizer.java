package org.mlcengine.tokenizer.huggingface;

/** Splits text into the pieces within which tokens form. */
sealed interface PreTokenizer
    permits ByteText,
        CharSplit,
        DigitSplit,
        FixedLengthSplit,
        MetaspaceSplit,
        RegexSplit,
        RuleSplit,
        ScriptSplit,
        SpacePrefix,
        WordSplit {
  /**
   * Gives the pieces of {@code text[from, to)}, which is not empty, in order to the receiver.
   *
   * @param start whether it stands at the beginning of the whole text
   */
  void split(String text, int from, int to, boolean start, Pieces pieces);

  /** Receives pieces of a text; none is empty. */
  interface Pieces {
    /** Takes the piece {@code text[from, to)}, which may stand at the beginning of all text. */
    void accept(String text, int from, int to, boolean start);
  }
}
