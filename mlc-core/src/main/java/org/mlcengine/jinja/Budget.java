package org.mlcengine.jinja;

/**
 * What one rendering may use. The limits are far above what a chat needs; they only end templates
 * that would go on without bound.
 */
final class Budget {
  /** The most characters of one text, and of the whole output. */
  static final int MAX_TEXT = 1 << 24;

  /** The most levels of lists and dicts within each other. */
  static final int MAX_NESTING = 100;

  /** The largest value, counted in elements and in blocks of characters. */
  static final long MAX_SIZE = 1L << 23;

  private static final long MAX_STEPS = 20_000_000;
  private static final int MAX_DEPTH = 400;

  private long steps = MAX_STEPS;
  private int depth;

  /** Counts work; one unit is one operation, or a pass over some characters. */
  void charge(long units) {
    steps -= units;
    if (steps < 0) {
      throw new TemplateError("the template does more than " + MAX_STEPS + " steps");
    }
  }

  /** Counts one operation inside another. It need not be left after an error. */
  void enter() {
    charge(1);
    if (++depth > MAX_DEPTH) {
      throw new TemplateError(
          "the template's expressions and calls go deeper than " + MAX_DEPTH + " levels");
    }
  }

  void leave() {
    depth--;
  }

  /** Counts a pass over a text. */
  void chargeText(long characters) {
    charge(1 + characters / 32);
  }

  /** Counts a search that may compare each place of a text with a whole pattern. */
  void chargeSearch(String text, String pattern) {
    chargeText(text.length());
    long places = Math.max(0, text.length() - pattern.length());
    charge(places * pattern.length() / 256);
  }

  /** Refuses a text of such a length before it is made. */
  static int checkText(long characters) {
    if (characters > MAX_TEXT) {
      throw new TemplateError("a text would have more than " + MAX_TEXT + " characters");
    }
    return (int) characters;
  }
}
