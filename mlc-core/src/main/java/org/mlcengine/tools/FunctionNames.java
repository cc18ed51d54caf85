package org.mlcengine.tools;

/** Names of functions, as models write them. */
final class FunctionNames {
  /** Twice what a request may have, for models that put a namespace before. */
  static final int MAX_LENGTH = 128;

  private FunctionNames() {}

  /** Tells whether a name may have the character. */
  static boolean isPart(char c) {
    return c >= 'a' && c <= 'z'
        || c >= 'A' && c <= 'Z'
        || c >= '0' && c <= '9'
        || c == '_'
        || c == '-'
        || c == '.'
        || c == ':';
  }

  /** Tells whether all of a text is a name. */
  static boolean isName(CharSequence text) {
    return !text.isEmpty()
        && text.length() <= MAX_LENGTH
        && text.chars().allMatch(c -> isPart((char) c));
  }
}
