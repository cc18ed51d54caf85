package org.mlcengine.tools;

/** Hears of calls as they are read. */
interface CallSink {
  /** Tells whether a function of that name may be called. */
  boolean accepts(String name);

  /** Returns what a function's arguments may be. */
  default ArgumentTypes types(String name) {
    return ArgumentTypes.UNKNOWN;
  }

  /** A call begins; from here on, its text is a call's and no longer a reply's. */
  void begin(String name);

  /** A character of the arguments' JSON text. */
  void argument(char c);

  /** The call is complete. */
  void end();

  /** Adds JSON text of a string's character, escaped where JSON wants it. */
  default void stringArgument(char c) {
    if (c == '"' || c == '\\') {
      argument('\\');
      argument(c);
    } else if (c < ' ') {
      int index = "\b\f\n\r\t".indexOf(c);
      String escape = index >= 0 ? "\\" + "bfnrt".charAt(index) : "\\u%04x".formatted((int) c);
      arguments(escape);
    } else {
      argument(c);
    }
  }

  /** Adds JSON text. */
  default void arguments(CharSequence text) {
    for (int i = 0; i < text.length(); i++) {
      argument(text.charAt(i));
    }
  }
}
