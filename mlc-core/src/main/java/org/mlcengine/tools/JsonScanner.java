package org.mlcengine.tools;

import java.util.BitSet;

/**
 * Checks one JSON value, character by character. Beyond JSON, strings may hold control characters
 * as they are, which models write; the text that goes on must escape them.
 */
final class JsonScanner {
  /** What comes next. */
  enum State {
    VALUE,
    FIRST_ITEM,
    FIRST_KEY,
    KEY,
    COLON,
    AFTER_VALUE,
    KEY_STRING,
    STRING,
    ESCAPE,
    UNICODE,
    WORD,
    NUMBER,
    DONE
  }

  /** Deeper values are refused, so that what is accepted can be read by everyone. */
  static final int MAX_DEPTH = 500;

  private static final int NOTHING = -1;

  /** For each level, whether it is an object. */
  private final BitSet objects = new BitSet();

  private final NumberScanner number = new NumberScanner();
  private State state = State.VALUE;
  private State string = State.STRING;
  private int depth;
  private String word = "";
  private int wordIndex;
  private int digits;
  private int unicode;
  private int decoded = NOTHING;

  State state() {
    return state;
  }

  /** Returns how many objects and arrays are open. */
  int depth() {
    return depth;
  }

  /** Tells whether the value is complete; a number at the top ends with the text only. */
  boolean done() {
    return state == State.DONE;
  }

  /** Tells whether the text may end here, which only a number does without showing it. */
  boolean mayEnd() {
    return done() || depth == 0 && state == State.NUMBER && number.complete();
  }

  /** Returns the UTF-16 unit that the last character completed within a string, or -1. */
  int decoded() {
    return decoded;
  }

  /** Tells whether the next character belongs to a string, its end included. */
  boolean inString() {
    return switch (state) {
      case KEY_STRING, STRING, ESCAPE, UNICODE -> true;
      default -> false;
    };
  }

  /** Takes a character; false if it cannot follow, and then nothing may follow. */
  boolean push(char c) {
    decoded = NOTHING;
    if (state == State.NUMBER) {
      if (number.push(c)) {
        return true;
      }
      if (!number.complete()) {
        return false;
      }
      afterValue();
    }
    return switch (state) {
      case KEY_STRING, STRING -> string(c);
      case ESCAPE -> escape(c);
      case UNICODE -> unicode(c);
      case WORD -> word(c);
      default -> isSpace(c) || structure(c);
    };
  }

  static boolean isSpace(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
  }

  private boolean structure(char c) {
    return switch (state) {
      case VALUE -> value(c);
      case FIRST_ITEM -> c == ']' ? close() : value(c);
      case FIRST_KEY -> c == '}' ? close() : key(c);
      case KEY -> key(c);
      case COLON -> c == ':' && next(State.VALUE);
      case AFTER_VALUE -> afterValue(c);
      default -> false;
    };
  }

  private boolean next(State next) {
    state = next;
    return true;
  }

  private boolean key(char c) {
    string = State.KEY_STRING;
    return c == '"' && next(State.KEY_STRING);
  }

  private boolean value(char c) {
    switch (c) {
      case '{' -> {
        return open(true);
      }
      case '[' -> {
        return open(false);
      }
      case '"' -> {
        string = State.STRING;
        return next(State.STRING);
      }
      case 't' -> word = "true";
      case 'f' -> word = "false";
      case 'n' -> word = "null";
      default -> {
        return number.start(c) && next(State.NUMBER);
      }
    }
    wordIndex = 1;
    return next(State.WORD);
  }

  private boolean open(boolean object) {
    if (depth == MAX_DEPTH) {
      return false;
    }
    objects.set(depth++, object);
    return next(object ? State.FIRST_KEY : State.FIRST_ITEM);
  }

  private boolean close() {
    depth--;
    afterValue();
    return true;
  }

  private void afterValue() {
    state = depth == 0 ? State.DONE : State.AFTER_VALUE;
  }

  private boolean afterValue(char c) {
    boolean object = objects.get(depth - 1);
    if (c == ',') {
      return next(object ? State.KEY : State.VALUE);
    }
    return c == (object ? '}' : ']') && close();
  }

  private boolean string(char c) {
    switch (c) {
      case '\\' -> state = State.ESCAPE;
      case '"' -> {
        if (string == State.KEY_STRING) {
          state = State.COLON;
        } else {
          afterValue();
        }
      }
      default -> decoded = c;
    }
    return true;
  }

  private boolean escape(char c) {
    if (c == 'u') {
      digits = 0;
      unicode = 0;
      return next(State.UNICODE);
    }
    int index = "\"\\/bfnrt".indexOf(c);
    if (index < 0) {
      return false;
    }
    decoded = "\"\\/\b\f\n\r\t".charAt(index);
    return next(string);
  }

  private boolean unicode(char c) {
    int digit = c < 128 ? Character.digit(c, 16) : -1;
    if (digit < 0) {
      return false;
    }
    unicode = unicode * 16 + digit;
    if (++digits == 4) {
      decoded = unicode;
      state = string;
    }
    return true;
  }

  private boolean word(char c) {
    if (c != word.charAt(wordIndex)) {
      return false;
    }
    if (++wordIndex == word.length()) {
      afterValue();
    }
    return true;
  }
}
