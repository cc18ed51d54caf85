package org.mlcengine.grammar;

/** Limits of grammars that a request brings. XGrammar checks their syntax. */
final class EbnfCheck {
  private static final int MAX_LENGTH = 64 * 1024;
  private static final int MAX_DEPTH = 100;
  private static final int MAX_REPETITION = 10_000;

  private EbnfCheck() {}

  static String check(String grammar) {
    SpecJson.requireText("the grammar", grammar, MAX_LENGTH);
    int depth = 0;
    for (int i = 0; i < grammar.length(); i++) {
      char c = grammar.charAt(i);
      switch (c) {
        case '"' -> i = skip(grammar, i, '"');
        case '[' -> i = skip(grammar, i, ']');
        case '#' -> i = Math.max(i, grammar.indexOf('\n', i));
        case '(' -> depth++;
        case ')' -> depth--;
        case '{' -> checkRepetition(grammar, i);
        default -> {}
      }
      if (depth > MAX_DEPTH) {
        throw Refusal.of("the grammar nests more than %d groups", MAX_DEPTH);
      }
    }
    return grammar;
  }

  /** The index of the end of a literal or class; the last index if it has none. */
  private static int skip(String grammar, int start, char end) {
    for (int i = start + 1; i < grammar.length(); i++) {
      if (grammar.charAt(i) == '\\') {
        i++;
      } else if (grammar.charAt(i) == end) {
        return i;
      }
    }
    return grammar.length() - 1;
  }

  private static void checkRepetition(String grammar, int start) {
    int end = grammar.indexOf('}', start);
    for (String count : grammar.substring(start + 1, Math.max(start + 1, end)).split(",", -1)) {
      String digits = count.strip();
      boolean tooLarge = digits.length() > 5;
      if (tooLarge || (digits.matches("[0-9]+") && Integer.parseInt(digits) > MAX_REPETITION)) {
        throw Refusal.of("the grammar repeats {%s}; expected at most %d", digits, MAX_REPETITION);
      }
    }
  }
}
