package org.mlcengine.tokenizer.sentencepiece;

import java.util.Arrays;

/** A piece begins with every space symbol. */
record WordModel(PieceTable table) implements PieceModel {
  @Override
  public void split(byte[] text, int length, Pieces pieces) {
    int from = 0;
    for (int to = 1; to <= length; to++) {
      if (to == length || isSpaceAt(text, to, length)) {
        pieces.accept(from, to, table.id(text, from, to));
        from = to;
      }
    }
  }

  private static boolean isSpaceAt(byte[] text, int at, int length) {
    byte[] space = TextNormalizer.SPACE_SYMBOL;
    return length - at >= space.length
        && Arrays.equals(text, at, at + space.length, space, 0, space.length);
  }
}
