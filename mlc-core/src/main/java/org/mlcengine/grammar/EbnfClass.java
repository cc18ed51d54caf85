package org.mlcengine.grammar;

import java.util.Map;

/**
 * Reads a character class of XGrammar's EBNF. XGrammar itself takes overlong UTF-8 for some ranges,
 * and every character beyond ASCII for a class that excludes one of those; so classes are given to
 * it as sets that it reads rightly.
 */
final class EbnfClass {
  private static final Map<Character, Character> ESCAPES =
      Map.of(
          'a', '\007', 'b', '\b', 'f', '\f', 'n', '\n', 'r', '\r', 't', '\t', 'v', '\013', '0',
          '\0', 'e', '\033');

  private static final String SELF = "'\"?\\/^$.*+()[]{}|-";

  private final String grammar;
  private int at;

  private EbnfClass(String grammar, int at) {
    this.grammar = grammar;
    this.at = at;
  }

  /**
   * A class.
   *
   * @param end index of its closing bracket
   */
  record Read(CodePointSet set, int end) {}

  /**
   * Reads the class whose opening bracket is at {@code start}.
   *
   * @throws org.mlcengine.errors.InvalidRequestException if it is malformed or empty
   */
  static Read read(String grammar, int start) {
    EbnfClass reader = new EbnfClass(grammar, start + 1);
    CodePointSet set = reader.set();
    if (set.isEmpty()) {
      throw reader.refusal("no character is in the class");
    }
    return new Read(set, reader.at);
  }

  private CodePointSet set() {
    boolean others = peek() == '^';
    at += others ? 1 : 0;
    CodePointSet set = CodePointSet.of();
    while (peek() != ']') {
      int first = character();
      int last = first;
      if (peek() == '-' && at + 1 < grammar.length() && grammar.charAt(at + 1) != ']') {
        at++;
        last = character();
      }
      if (first > last) {
        throw refusal("the first character of a range comes after the last");
      }
      set = set.plus(CodePointSet.of(first, last));
    }
    return others ? set.complement() : set.intersect(CodePointSet.ALL);
  }

  private int character() {
    int c = grammar.codePointAt(at);
    if (c == '\n' || c == '\r') {
      throw refusal("a class ends at the end of its line");
    }
    at += Character.charCount(c);
    return c == '\\' ? escaped() : c;
  }

  private int escaped() {
    char c = peek();
    at++;
    Character control = ESCAPES.get(c);
    if (control != null) {
      return control;
    }
    if (SELF.indexOf(c) >= 0) {
      return c;
    }
    return switch (c) {
      case 'x' -> hex(1, 8);
      case 'u' -> hex(4, 4);
      case 'U' -> hex(8, 8);
      default -> throw refusal("unknown escape \\" + c + " in a class");
    };
  }

  private int hex(int least, int most) {
    long value = 0;
    int digits = 0;
    for (; digits < most && Character.digit(peek(), 16) >= 0; digits++) {
      value = value * 16 + Character.digit(peek(), 16);
      at++;
    }
    if (digits < least || value > Character.MAX_CODE_POINT) {
      throw refusal("malformed escape in a class");
    }
    return (int) value;
  }

  private char peek() {
    if (at >= grammar.length()) {
      throw refusal("a class has no end");
    }
    return grammar.charAt(at);
  }

  private RuntimeException refusal(String problem) {
    return Refusal.of("the grammar is malformed: %s (near character %d)", problem, at + 1);
  }
}
