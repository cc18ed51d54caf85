package org.mlcengine.server;

/** What a message may show of a client's text. */
final class Text {
  private static final int SHOWN_CHARACTERS = 60;

  private Text() {}

  /** Returns a text without control characters, and not too long. */
  static String shown(String text) {
    StringBuilder shown = new StringBuilder();
    text.codePoints()
        .limit(SHOWN_CHARACTERS)
        .map(c -> Character.isISOControl(c) ? '?' : c)
        .forEach(shown::appendCodePoint);
    return text.codePointCount(0, text.length()) > SHOWN_CHARACTERS
        ? shown + "..."
        : shown.toString();
  }
}
