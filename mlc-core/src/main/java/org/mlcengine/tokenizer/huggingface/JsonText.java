package org.mlcengine.tokenizer.huggingface;

import java.io.IOException;
import java.util.Arrays;

/**
 * A JSON text (RFC 8259) and a place in it. Made for files that are nearly all one large object or
 * array: it makes no object for what it passes.
 */
final class JsonText {
  private static final int HIGHEST_CONTROL = 0x1F;
  private static final int HEX_DIGITS = 4;
  private static final long LARGEST_NUMBER = 1L << 53;

  private final char[] text;
  private int position;
  private char[] chars = new char[64];
  private int length;

  JsonText(String text) {
    this.text = text.toCharArray();
  }

  /** Returns the place of the next character. */
  int position() {
    return position;
  }

  /** Goes to a place that {@link #position()} returned. */
  void moveTo(int place) {
    position = place;
  }

  /** Returns the number of characters. */
  int size() {
    return text.length;
  }

  /** Returns the text between two places. */
  String text(int from, int to) {
    return new String(text, from, to - from);
  }

  /** Whether a sign comes next, behind white space. */
  boolean isNext(char sign) {
    skipSpace();
    return position < text.length && text[position] == sign;
  }

  /** Passes a sign. */
  void pass(char sign, String expected) throws IOException {
    if (!isNext(sign)) {
      throw malformed(expected);
    }
    position++;
  }

  /**
   * Goes to the next element of an array or member of an object, or behind its closing bracket.
   *
   * @param first whether the opening bracket was passed just now
   * @return whether there is another one
   */
  boolean next(char closing, boolean first) throws IOException {
    if (isNext(closing)) {
      position++;
      return false;
    }
    if (!first) {
      pass(',', "a comma or '" + closing + "'");
    }
    return true;
  }

  /** Reads the name of a member, up to its value. */
  void name() throws IOException {
    string("a name in quotation marks");
    pass(':', "a colon");
  }

  /** Reads a string, which lies in {@link #chars()} until the next one is read. */
  void string(String expected) throws IOException {
    pass('"', expected);
    length = 0;
    for (char c = take(); c != '"'; c = take()) {
      if (c <= HIGHEST_CONTROL) {
        throw malformed("no control character in a string");
      }
      if (length == chars.length) {
        chars = Arrays.copyOf(chars, 2 * length);
      }
      chars[length++] = c == '\\' ? escaped() : c;
    }
  }

  /** Returns what holds the last string; its owner may change it. */
  char[] chars() {
    return chars;
  }

  /** Returns how many characters the last string has. */
  int length() {
    return length;
  }

  /** Returns the last string. */
  String lastString() {
    return new String(chars, 0, length);
  }

  /** Reads a whole number; one beyond 2^53 is read as some number that is at least as large. */
  long wholeNumber(String expected) throws IOException {
    boolean negative = isNext('-');
    if (negative) {
      position++;
    }
    int first = position;
    long number = 0;
    while (position < text.length && text[position] >= '0' && text[position] <= '9') {
      number = Math.min(LARGEST_NUMBER, 10 * number + text[position++] - '0');
    }
    boolean padded = position > first + 1 && text[first] == '0';
    boolean fraction = position < text.length && ".eE".indexOf(text[position]) >= 0;
    if (position == first || padded || fraction) {
      throw malformed(expected);
    }
    return negative ? -number : number;
  }

  /** Passes a value and returns its text, of which only strings and the nesting were checked. */
  String value() throws IOException {
    skipSpace();
    int start = position;
    passValue();
    return new String(text, start, position - start);
  }

  /** Passes a value, of which only strings and the nesting are checked. */
  void passValue() throws IOException {
    skipSpace();
    int start = position;
    int depth = 0;
    do {
      if (position == text.length) {
        throw malformed("the end of a value");
      }
      switch (text[position]) {
        case '"' -> string("a string");
        case '{', '[' -> {
          depth++;
          position++;
        }
        case '}', ']' -> {
          depth--;
          position++;
        }
        default -> position++;
      }
    } while (depth > 0 || !endsScalar(start));
    if (depth < 0) {
      position = start;
      throw malformed("a value");
    }
  }

  private boolean endsScalar(int start) {
    char first = text[start];
    return first == '"'
        || first == '{'
        || first == '['
        || position == text.length
        || ",]}".indexOf(text[position]) >= 0
        || isSpace(text[position]);
  }

  /** Fails unless only white space is left. */
  void end() throws IOException {
    skipSpace();
    if (position < text.length) {
      throw malformed("nothing behind the object");
    }
  }

  /** An exception that says what was expected at this place. */
  IOException malformed(String expected) {
    int line = 1;
    int column = 1;
    for (int i = 0; i < position; i++) {
      column = text[i] == '\n' ? 1 : column + 1;
      line += text[i] == '\n' ? 1 : 0;
    }
    return new IOException(
        "expected %s in line %d, column %d, found %s"
            .formatted(
                expected,
                line,
                column,
                position < text.length ? "'" + text[position] + "'" : "the end"));
  }

  private void skipSpace() {
    while (position < text.length && isSpace(text[position])) {
      position++;
    }
  }

  private static boolean isSpace(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
  }

  private char take() throws IOException {
    if (position == text.length) {
      throw malformed("the end of a string");
    }
    return text[position++];
  }

  private char escaped() throws IOException {
    char c = take();
    return switch (c) {
      case '"', '\\', '/' -> c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> unit();
      default -> throw malformed("one of \"\\/bfnrtu behind a backslash");
    };
  }

  private char unit() throws IOException {
    int unit = 0;
    for (int i = 0; i < HEX_DIGITS; i++) {
      char c = take();
      int digit = c < 0x80 ? Character.digit(c, 16) : -1;
      if (digit < 0) {
        throw malformed("four hexadecimal digits");
      }
      unit = 16 * unit + digit;
    }
    return (char) unit;
  }
}
