package org.mlcengine.tokenizer.sentencepiece;

/** The characters of UTF-8, as SentencePiece reads them. */
final class Utf8 {
  /** The bytes begin a character, and may become one. */
  static final int INCOMPLETE = 0;

  /** The first byte does not begin a character. */
  static final int MALFORMED = -1;

  private static final int[] LOWEST = {0, 0, 0x80, 0x800, 0x10000};

  private Utf8() {}

  /** Returns how many bytes a character has that begins with this byte; 1 for a later byte. */
  static int length(byte first) {
    int b = first & 0xFF;
    if (b < 0xC0) {
      return 1;
    }
    return b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;
  }

  /**
   * Returns the length of the character that {@code bytes[0, count)} begin with, {@link
   * #INCOMPLETE} or {@link #MALFORMED}.
   */
  static int length(byte[] bytes, int count) {
    int length = length(bytes[0]);
    if (length == 1) {
      return bytes[0] >= 0 ? 1 : MALFORMED;
    }
    int codePoint = (bytes[0] & 0xFF) & (0xFF >> (length + 1));
    for (int i = 1; i < Math.min(length, count); i++) {
      if ((bytes[i] & 0xC0) != 0x80) {
        return MALFORMED;
      }
      codePoint = codePoint << 6 | (bytes[i] & 0x3F);
    }
    if (count < length) {
      return (bytes[0] & 0xFF) < 0xF8 ? INCOMPLETE : MALFORMED;
    }
    boolean surrogate =
        codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
    boolean valid =
        (bytes[0] & 0xFF) < 0xF8
            && codePoint >= LOWEST[length]
            && codePoint <= Character.MAX_CODE_POINT
            && !surrogate;
    return valid ? length : MALFORMED;
  }
}
