package org.mlcengine.tokenizer.sentencepiece;

/** Every character is a piece, but for user-defined symbols. */
record CharModel(PieceTable table) implements PieceModel {
  @Override
  public void split(byte[] text, int length, Pieces pieces) {
    for (int from = 0; from < length; ) {
      int symbol = table.userDefined().longestAt(text, from, length);
      int to = from + (symbol > 0 ? symbol : Math.min(Utf8.length(text[from]), length - from));
      pieces.accept(from, to, table.id(text, from, to));
      from = to;
    }
  }
}
