package org.mlcengine.tokenizer;

/** What the usual patterns tell apart: white space, letters, numbers, and the rest. */
final class CharKind {
  static final int WHITE_SPACE = 0;
  static final int LETTER = 1;
  static final int NUMBER = 2;
  static final int OTHER = 3;

  private static final byte[] LATIN = new byte[0x100];

  static {
    for (int c = 0; c < LATIN.length; c++) {
      LATIN[c] = (byte) compute(c);
    }
  }

  private CharKind() {}

  static int of(int c) {
    return c < LATIN.length ? LATIN[c] : compute(c);
  }

  /** Returns where the run of this kind ends that begins at {@code begin}. */
  static int endOfRun(String text, int begin, int to, int kind) {
    int end = begin;
    while (end < to) {
      char c = text.charAt(end);
      if (c < LATIN.length) {
        if (LATIN[c] != kind) {
          return end;
        }
        end++;
      } else {
        int codePoint = text.codePointAt(end);
        if (compute(codePoint) != kind) {
          return end;
        }
        end += Character.charCount(codePoint);
      }
    }
    return end;
  }

  private static int compute(int c) {
    if (CodePoints.isLetter(c)) {
      return LETTER;
    }
    if (CodePoints.isWhiteSpace(c)) {
      return WHITE_SPACE;
    }
    return CodePoints.isNumber(c) ? NUMBER : OTHER;
  }
}
