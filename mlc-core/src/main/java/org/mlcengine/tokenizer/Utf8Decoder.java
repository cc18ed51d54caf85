package org.mlcengine.tokenizer;

/**
 * Decodes bytes as UTF-8. Each maximal subpart of an ill-formed sequence becomes one U+FFFD, which
 * is the practice that the Unicode Standard recommends in section 3.9 and the behaviour of the
 * WHATWG decoder, whose states these are.
 */
public final class Utf8Decoder {
  private static final char REPLACEMENT = '\uFFFD';

  private int missing;
  private int codePoint;
  private int lowest = 0x80;
  private int highest = 0xBF;

  /** Appends the text that became certain with these bytes. */
  public void append(byte[] bytes, StringBuilder text) {
    for (byte b : bytes) {
      appendByte(b & 0xFF, text);
    }
  }

  /** Appends what was held back, and begins anew. */
  public void finish(StringBuilder text) {
    if (missing > 0) {
      text.append(REPLACEMENT);
      expect(0, 0, 0x80, 0xBF);
    }
  }

  private void appendByte(int b, StringBuilder text) {
    if (missing > 0 && (b < lowest || b > highest)) {
      text.append(REPLACEMENT);
      expect(0, 0, 0x80, 0xBF);
    }
    if (missing == 0) {
      begin(b, text);
      return;
    }
    expect(missing - 1, (codePoint << 6) | (b & 0x3F), 0x80, 0xBF);
    if (missing == 0) {
      text.appendCodePoint(codePoint);
    }
  }

  private void begin(int b, StringBuilder text) {
    if (b < 0x80) {
      text.append((char) b);
    } else if (b >= 0xC2 && b <= 0xDF) {
      expect(1, b & 0x1F, 0x80, 0xBF);
    } else if (b >= 0xE0 && b <= 0xEF) {
      expect(2, b & 0x0F, b == 0xE0 ? 0xA0 : 0x80, b == 0xED ? 0x9F : 0xBF);
    } else if (b >= 0xF0 && b <= 0xF4) {
      expect(3, b & 0x07, b == 0xF0 ? 0x90 : 0x80, b == 0xF4 ? 0x8F : 0xBF);
    } else {
      text.append(REPLACEMENT);
    }
  }

  private void expect(int missing, int codePoint, int lowest, int highest) {
    this.missing = missing;
    this.codePoint = codePoint;
    this.lowest = lowest;
    this.highest = highest;
  }
}
