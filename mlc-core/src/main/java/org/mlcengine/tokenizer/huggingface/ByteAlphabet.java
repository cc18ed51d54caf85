package org.mlcengine.tokenizer.huggingface;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * GPT-2's way to write bytes as printable characters: printable Latin-1 characters stand for
 * themselves, the other bytes, in rising order, for U+0100 and up.
 */
final class ByteAlphabet {
  private static final char[] CHARS = new char[256];
  private static final int[] BYTES = new int[0x144];

  static {
    Arrays.fill(BYTES, -1);
    char other = 0x100;
    for (int b = 0; b < 256; b++) {
      boolean printable = (b > 0x20 && b < 0x7F) || (b > 0xA0 && b != 0xAD);
      CHARS[b] = printable ? (char) b : other++;
      BYTES[CHARS[b]] = b;
    }
  }

  private ByteAlphabet() {}

  static String write(byte[] bytes) {
    char[] chars = new char[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      chars[i] = write(bytes[i] & 0xFF);
    }
    return new String(chars);
  }

  static char write(int b) {
    return CHARS[b];
  }

  /**
   * Returns the bytes that a token stands for. A token with a character outside the alphabet stands
   * for its own text.
   */
  static byte[] read(String token) {
    byte[] bytes = new byte[token.length()];
    for (int i = 0; i < bytes.length; i++) {
      char c = token.charAt(i);
      if (c >= BYTES.length || BYTES[c] < 0) {
        return token.getBytes(StandardCharsets.UTF_8);
      }
      bytes[i] = (byte) BYTES[c];
    }
    return bytes;
  }
}
