package org.mlcengine.tools;

/**
 * Reads one Python literal, character by character, and passes on what it is in JSON: strings,
 * numbers, lists, dictionaries with strings as keys, and the constants in both spellings.
 */
final class PythonValue {
  private static final String ESCAPES = "\\'\"nrtbfav";
  private static final String ESCAPED = "\\'\"\n\r\t\b\f\u0007\u000b";

  private enum State {
    PLAIN,
    WORD,
    STRING,
    ESCAPE,
    CODE
  }

  private final CallSink sink;
  private final JsonScanner json = new JsonScanner();
  private final StringBuilder word = new StringBuilder();
  private State state = State.PLAIN;
  private char quote;
  private int digits;
  private int code;
  private boolean begun;

  PythonValue(CallSink sink) {
    this.sink = sink;
  }

  /** Tells whether a literal may begin with the character. */
  static boolean begins(char c) {
    return c == '"' || c == '\'' || c == '[' || c == '{' || c == '-' || isWord(c);
  }

  /** Tells whether the value may end before the character, which then is not part of it. */
  boolean endsBefore(char c) {
    return begun
        && (c == ',' || c == ')' || JsonScanner.isSpace(c))
        && (state == State.WORD ? json.depth() == 0 && endWord() : json.mayEnd());
  }

  /** Takes the next character; false if it cannot follow. */
  boolean push(char c) {
    begun = true;
    return switch (state) {
      case PLAIN -> plain(c);
      case WORD -> isWord(c) ? word(c) : endWord() && plain(c);
      case STRING -> string(c);
      case ESCAPE -> escape(c);
      case CODE -> code(c);
    };
  }

  private boolean plain(char c) {
    if (c == '"' || c == '\'') {
      quote = c;
      state = State.STRING;
      return emit('"');
    }
    boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
    if (letter && json.state() != JsonScanner.State.NUMBER) {
      state = State.WORD;
      return word(c);
    }
    return emit(c);
  }

  private boolean word(char c) {
    word.append(c);
    return word.length() <= 5;
  }

  private boolean endWord() {
    String constant =
        switch (word.toString()) {
          case "True", "true" -> "true";
          case "False", "false" -> "false";
          case "None", "null" -> "null";
          default -> "";
        };
    word.setLength(0);
    state = State.PLAIN;
    for (int i = 0; i < constant.length(); i++) {
      if (!emit(constant.charAt(i))) {
        return false;
      }
    }
    return !constant.isEmpty();
  }

  private boolean string(char c) {
    if (c == '\\') {
      state = State.ESCAPE;
      return true;
    }
    if (c == quote) {
      state = State.PLAIN;
      return emit('"');
    }
    return character(c);
  }

  private boolean escape(char c) {
    digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    code = 0;
    if (digits > 0) {
      state = State.CODE;
      return true;
    }
    state = State.STRING;
    if (c == '\n') {
      return true;
    }
    int index = ESCAPES.indexOf(c);
    if (index >= 0) {
      return character(ESCAPED.charAt(index));
    }
    return !(c >= '0' && c <= '7') && c != 'N' && character('\\') && character(c);
  }

  private boolean code(char c) {
    int digit = c < 128 ? Character.digit(c, 16) : -1;
    if (digit < 0 || code > Character.MAX_CODE_POINT >> 4) {
      return false;
    }
    code = code * 16 + digit;
    if (--digits > 0) {
      return true;
    }
    state = State.STRING;
    if (!Character.isValidCodePoint(code)) {
      return false;
    }
    for (char unit : Character.toChars(code)) {
      character(unit);
    }
    return true;
  }

  /** Adds a character of a string. */
  private boolean character(char c) {
    sink.stringArgument(c);
    return true;
  }

  private boolean emit(char c) {
    if (!json.push(c)) {
      return false;
    }
    sink.argument(c);
    return true;
  }

  private static boolean isWord(char c) {
    return FunctionNames.isPart(c) && c != '-' && c != '.' && c != ':';
  }
}
