package org.mlcengine.tools;

/** Checks a JSON number, character by character. */
final class NumberScanner {
  private enum State {
    SIGN,
    ZERO,
    INTEGER,
    POINT,
    FRACTION,
    EXPONENT,
    EXPONENT_SIGN,
    EXPONENT_DIGITS
  }

  private State state = State.SIGN;

  /** Takes the first character; false if no number begins with it. */
  boolean start(char c) {
    if (c == '-') {
      state = State.SIGN;
      return true;
    }
    state = c == '0' ? State.ZERO : State.INTEGER;
    return isDigit(c);
  }

  /** Tells whether the number may end here. */
  boolean complete() {
    return switch (state) {
      case ZERO, INTEGER, FRACTION, EXPONENT_DIGITS -> true;
      case SIGN, POINT, EXPONENT, EXPONENT_SIGN -> false;
    };
  }

  /** Takes the next character; false, and no change, if it is no part of the number. */
  boolean push(char c) {
    State next = next(c);
    boolean may = next != state || isDigit(c) && next != State.ZERO;
    state = next;
    return may;
  }

  private State next(char c) {
    boolean digit = isDigit(c);
    boolean exponent = c == 'e' || c == 'E';
    return switch (state) {
      case SIGN -> c == '0' ? State.ZERO : digit ? State.INTEGER : state;
      case ZERO -> c == '.' ? State.POINT : exponent ? State.EXPONENT : state;
      case INTEGER -> c == '.' ? State.POINT : exponent ? State.EXPONENT : state;
      case POINT -> digit ? State.FRACTION : state;
      case FRACTION -> exponent ? State.EXPONENT : state;
      case EXPONENT ->
          digit ? State.EXPONENT_DIGITS : c == '+' || c == '-' ? State.EXPONENT_SIGN : state;
      case EXPONENT_SIGN -> digit ? State.EXPONENT_DIGITS : state;
      case EXPONENT_DIGITS -> state;
    };
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
