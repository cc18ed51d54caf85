package org.mlcengine.tokenizer.sentencepiece;

/** How a normalized text is split into pieces. */
sealed interface PieceModel permits BpeModel, CharModel, UnigramModel, WordModel {
  /** Gives the pieces of {@code text[0, length)}, in order, to the receiver. */
  void split(byte[] text, int length, Pieces pieces);

  /** Receives pieces. */
  @FunctionalInterface
  interface Pieces {
    /** Takes the piece {@code text[from, to)}, which is not empty, and its id. */
    void accept(int from, int to, int id);
  }
}
