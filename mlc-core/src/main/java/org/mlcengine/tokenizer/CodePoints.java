package org.mlcengine.tokenizer;

/** The classes of code points that tokenizers split at, as Unicode defines them. */
public final class CodePoints {
  private static final int DIGITS =
      1 << Character.DECIMAL_DIGIT_NUMBER
          | 1 << Character.LETTER_NUMBER
          | 1 << Character.OTHER_NUMBER;
  private static final int WORD =
      1 << Character.NON_SPACING_MARK
          | 1 << Character.ENCLOSING_MARK
          | 1 << Character.COMBINING_SPACING_MARK
          | 1 << Character.DECIMAL_DIGIT_NUMBER
          | 1 << Character.CONNECTOR_PUNCTUATION;

  private CodePoints() {}

  /** General category N. */
  public static boolean isNumber(int c) {
    return c < 0x80 ? c >= '0' && c <= '9' : ((DIGITS >> Character.getType(c)) & 1) != 0;
  }

  /** General category L. */
  public static boolean isLetter(int c) {
    return c < 0x80 ? (c | 0x20) >= 'a' && (c | 0x20) <= 'z' : Character.isLetter(c);
  }

  /** The property White_Space. */
  public static boolean isWhiteSpace(int c) {
    return c < 0x80 ? c == ' ' || (c >= '\t' && c <= '\r') : c == 0x85 || Character.isSpaceChar(c);
  }

  /** A word character of Unicode Technical Standard 18, annex C. */
  public static boolean isWord(int c) {
    return Character.isAlphabetic(c)
        || ((WORD >> Character.getType(c)) & 1) != 0
        || c == 0x200C
        || c == 0x200D;
  }

  /** Returns the text with U+FFFD in place of each surrogate that has no partner. */
  public static String wellFormed(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        return replaceLoneSurrogates(text);
      }
    }
    return text;
  }

  /** Returns how many bytes of UTF-8 a part of a text has that is well-formed UTF-16. */
  public static int utf8Length(String text, int from, int to) {
    int length = 0;
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      length += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
    }
    return length;
  }

  private static String replaceLoneSurrogates(String text) {
    int[] codePoints = text.codePoints().toArray();
    for (int i = 0; i < codePoints.length; i++) {
      if (codePoints[i] >= Character.MIN_SURROGATE && codePoints[i] <= Character.MAX_SURROGATE) {
        codePoints[i] = 0xFFFD;
      }
    }
    return new String(codePoints, 0, codePoints.length);
  }
}
