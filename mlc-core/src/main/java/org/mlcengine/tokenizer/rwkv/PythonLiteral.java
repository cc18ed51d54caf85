package org.mlcengine.tokenizer.rwkv;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** A string or a bytes object as Python writes it, such as {@code 'a\n'} or {@code b'\xff'}. */
final class PythonLiteral {
  private final String text;
  private final boolean isBytes;
  private final ByteArrayOutputStream value = new ByteArrayOutputStream();
  private int position;

  private PythonLiteral(String text) {
    this.text = text;
    this.isBytes = text.startsWith("b");
    this.position = isBytes ? 1 : 0;
  }

  /** Returns the bytes of a literal, those of a string in UTF-8. */
  static byte[] read(String text) throws IOException {
    return new PythonLiteral(text).read();
  }

  private byte[] read() throws IOException {
    int quote = position < text.length() ? text.charAt(position++) : 0;
    if (quote != '\'' && quote != '"') {
      throw malformed("a string or bytes of Python");
    }
    while (position < text.length()) {
      int c = text.codePointAt(position);
      position += Character.charCount(c);
      if (c == quote) {
        if (position < text.length()) {
          throw malformed("nothing behind the closing quotation mark");
        }
        return value.toByteArray();
      }
      add(c == '\\' ? escaped() : c);
    }
    throw malformed("a closing quotation mark");
  }

  private int escaped() throws IOException {
    char c = position < text.length() ? text.charAt(position++) : 0;
    return switch (c) {
      case '\\', '\'', '"' -> c;
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'a' -> 0x07;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'v' -> 0x0B;
      case 'x' -> hexadecimal(2);
      case 'u' -> hexadecimal(4);
      case 'U' -> hexadecimal(8);
      default -> throw malformed("an escape of Python's repr");
    };
  }

  private int hexadecimal(int digits) throws IOException {
    int end = position + digits;
    if (end > text.length() || (isBytes && digits > 2)) {
      throw malformed(digits + " hexadecimal digits");
    }
    int number = 0;
    for (; position < end; position++) {
      char c = text.charAt(position);
      int digit = c < 0x80 ? Character.digit(c, 16) : -1;
      if (digit < 0) {
        throw malformed(digits + " hexadecimal digits");
      }
      number = number << 4 | digit;
    }
    return number;
  }

  private void add(int c) throws IOException {
    boolean surrogate = c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE;
    if (isBytes ? c > 0xFF : !Character.isValidCodePoint(c) || surrogate) {
      throw malformed(isBytes ? "a byte" : "a character");
    }
    if (isBytes) {
      value.write(c);
    } else {
      value.writeBytes(Character.toString(c).getBytes(StandardCharsets.UTF_8));
    }
  }

  private IOException malformed(String expected) {
    return new IOException("expected " + expected + " in " + text);
  }
}
