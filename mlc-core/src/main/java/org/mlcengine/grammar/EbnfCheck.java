package org.mlcengine.grammar;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Limits of grammars that a request brings, and their character classes. XGrammar checks the rest.
 */
final class EbnfCheck {
  private static final int MAX_LENGTH = 64 * 1024;
  private static final int MAX_DEPTH = 100;
  private static final int MAX_REPETITION = 10_000;

  /** XGrammar's functions, with effects beyond the grammar. */
  private static final Pattern FUNCTION =
      Pattern.compile(
          "(?<![\\w.-])(TagDispatch|Token|ExcludeToken|TokenTagDispatch|Regex|Substring)\\s*\\(");

  private static final Pattern HALF_PAIR =
      Pattern.compile("(u|U0000|x0*)[dD][89a-fA-F][0-9a-fA-F]{2}(?![0-9a-fA-F])");

  private EbnfCheck() {}

  /** Returns the grammar for XGrammar. */
  static String check(String grammar) {
    SpecJson.requireText("the grammar", grammar, MAX_LENGTH);
    StringBuilder outside = new StringBuilder();
    StringBuilder checked = new StringBuilder();
    int depth = 0;
    for (int i = 0; i < grammar.length(); i++) {
      char c = grammar.charAt(i);
      int start = i;
      outside.append(c);
      switch (c) {
        case '"' -> i = literal(grammar, i);
        case '#' -> i = comment(grammar, i);
        case '(' -> depth++;
        case ')' -> depth--;
        case '{' -> checkRepetition(grammar, i);
        default -> {}
      }
      if (depth > MAX_DEPTH) {
        throw Refusal.of("the grammar nests more than %d groups", MAX_DEPTH);
      }
      if (c == '[') {
        EbnfClass.Read read = EbnfClass.read(grammar, i);
        checked.append(read.set().toEbnf());
        i = read.end();
      } else {
        checked.append(grammar, start, i + 1);
      }
    }
    requireNoFunctions(outside);
    return checked.toString();
  }

  /** Throws if what is left without literals, classes and comments calls a function. */
  private static void requireNoFunctions(CharSequence grammar) {
    Matcher function = FUNCTION.matcher(grammar);
    if (function.find()) {
      throw Refusal.of(
          "the grammar's function %s is not supported: write it as rules", function.group(1));
    }
  }

  /** The index of the end of a comment's line. */
  private static int comment(String grammar, int start) {
    int end = grammar.indexOf('\n', start);
    return end < 0 ? grammar.length() - 1 : end;
  }

  /** The index of the end of a literal; the last index if it has none. */
  private static int literal(String grammar, int start) {
    for (int i = start + 1; i < grammar.length(); i++) {
      if (grammar.charAt(i) == '\\') {
        i++;
        if (HALF_PAIR.matcher(grammar).region(i, grammar.length()).lookingAt()) {
          throw Refusal.of("the grammar is malformed: half of a surrogate pair in a literal");
        }
      } else if (grammar.charAt(i) == '"') {
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
