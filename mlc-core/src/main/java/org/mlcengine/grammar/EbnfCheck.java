package org.mlcengine.grammar;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Limits of grammars that a request brings. XGrammar checks their syntax. */
final class EbnfCheck {
  private static final int MAX_LENGTH = 64 * 1024;
  private static final int MAX_DEPTH = 100;
  private static final int MAX_REPETITION = 10_000;

  /** XGrammar's functions, with effects beyond the grammar. */
  private static final Pattern FUNCTION =
      Pattern.compile(
          "(?<![\\w.-])(TagDispatch|Token|ExcludeToken|TokenTagDispatch|Regex|Substring)\\s*\\(");

  private EbnfCheck() {}

  static String check(String grammar) {
    SpecJson.requireText("the grammar", grammar, MAX_LENGTH);
    StringBuilder outside = new StringBuilder();
    int depth = 0;
    for (int i = 0; i < grammar.length(); i++) {
      char c = grammar.charAt(i);
      outside.append(c);
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
    requireNoFunctions(outside);
    return grammar;
  }

  /** Throws if what is left without literals, classes and comments calls a function. */
  private static void requireNoFunctions(CharSequence grammar) {
    Matcher function = FUNCTION.matcher(grammar);
    if (function.find()) {
      throw Refusal.of(
          "the grammar's function %s is not supported: write it as rules", function.group(1));
    }
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
