package org.mlcengine.tokenizer.huggingface;

/**
 * Splits after every so many characters.
 *
 * @param length the number of code points of a piece, at least 1
 */
record FixedLengthSplit(int length) implements PreTokenizer {
  @Override
  public void split(String text, int from, int to, boolean start, Pieces pieces) {
    int begin = from;
    int count = 0;
    for (int i = from; i < to; ) {
      i += Character.charCount(text.codePointAt(i));
      if (++count == length || i == to) {
        pieces.accept(text, begin, i, start && begin == from);
        begin = i;
        count = 0;
      }
    }
  }
}
