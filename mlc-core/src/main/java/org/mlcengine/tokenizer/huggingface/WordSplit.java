package org.mlcengine.tokenizer.huggingface;

import org.mlcengine.tokenizer.CodePoints;

/** Takes runs of word characters, and runs of what is neither a word character nor white space. */
record WordSplit() implements PreTokenizer {
  private static final int WHITE_SPACE = 0;
  private static final int WORD = 1;
  private static final int OTHER = 2;

  @Override
  public void split(String text, int from, int to, boolean start, Pieces pieces) {
    int begin = from;
    int kind = WHITE_SPACE;
    for (int i = from, width; i < to; i += width) {
      int c = text.codePointAt(i);
      width = Character.charCount(c);
      int next = kind(c);
      if (next != kind) {
        if (kind != WHITE_SPACE) {
          pieces.accept(text, begin, i, start && begin == from);
        }
        begin = i;
        kind = next;
      }
    }
    if (kind != WHITE_SPACE) {
      pieces.accept(text, begin, to, start && begin == from);
    }
  }

  private static int kind(int c) {
    if (CodePoints.isWhiteSpace(c)) {
      return WHITE_SPACE;
    }
    return CodePoints.isWord(c) ? WORD : OTHER;
  }
}
