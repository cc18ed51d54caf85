package org.mlcengine.grammar;

import java.util.ArrayList;
import java.util.List;
import org.mlcengine.grammar.RegexNode.Anchor;
import org.mlcengine.grammar.RegexNode.Branches;
import org.mlcengine.grammar.RegexNode.One;
import org.mlcengine.grammar.RegexNode.Repeated;
import org.mlcengine.grammar.RegexNode.Row;

/**
 * Reads a regular expression of ECMAScript without flags. What a grammar cannot express is refused
 * by name. The result matches whole texts and has no anchors: one at the text's edge is true there,
 * and one elsewhere is refused.
 */
final class RegexReader {
  private static final int MAX_LENGTH = 4_000;
  private static final int MAX_DEPTH = 60;

  /** How many characters the parts may stand for, repetitions written out up to their minimum. */
  private static final int MAX_SIZE = 1_000;

  private static final RegexNode EMPTY = new Row(List.of());

  private final String what;
  private final String text;
  private int at;
  private int depth;

  private RegexReader(String what, String text) {
    this.what = what;
    this.text = text;
  }

  /**
   * Reads an expression.
   *
   * @param what how a message names it
   */
  static RegexNode read(String what, String text) {
    if (text.length() > MAX_LENGTH) {
      throw Refusal.of(
          "%s has %d characters; expected at most %d", what, text.length(), MAX_LENGTH);
    }
    RegexReader reader = new RegexReader(what, text);
    RegexNode read = reader.branches();
    if (reader.at < text.length()) {
      throw reader.refusal("has an unmatched ')'");
    }
    RegexNode result = reader.withoutAnchors(read, true, true);
    if (size(result) > MAX_SIZE) {
      throw Refusal.of(
          "%s repeats too much: it spans more than %d characters. Use smaller counts.",
          what, MAX_SIZE);
    }
    return result;
  }

  private RegexNode branches() {
    if (++depth > MAX_DEPTH) {
      throw refusal("nests more than " + MAX_DEPTH + " groups");
    }
    List<RegexNode> branches = new ArrayList<>();
    do {
      branches.add(row());
    } while (skip('|'));
    depth--;
    return branches.size() == 1 ? branches.getFirst() : new Branches(List.copyOf(branches));
  }

  private RegexNode row() {
    List<RegexNode> parts = new ArrayList<>();
    while (at < text.length() && peek() != '|' && peek() != ')') {
      RegexNode part = part();
      parts.add(part instanceof Anchor ? part : quantified(part));
    }
    return parts.size() == 1 ? parts.getFirst() : new Row(List.copyOf(parts));
  }

  private RegexNode part() {
    int c = next();
    return switch (c) {
      case '^' -> new Anchor(true);
      case '$' -> new Anchor(false);
      case '(' -> group();
      case '[' -> new One(characterClass());
      case '.' -> new One(CodePointSet.LINE_ENDS.complement());
      case '\\' -> new One(escape(false));
      case '*', '+', '?', '{' -> throw refusal("has a quantifier with nothing before it");
      default -> new One(CodePointSet.of(c, c));
    };
  }

  private RegexNode group() {
    if (skip('?')) {
      if (skip('<')) {
        if (at < text.length() && (peek() == '=' || peek() == '!')) {
          throw refusal("uses look-behind, which grammars do not support");
        }
        while (!skip('>')) {
          next();
        }
      } else if (!skip(':')) {
        boolean looks = at < text.length() && (peek() == '=' || peek() == '!');
        throw refusal(
            looks
                ? "uses look-ahead, which grammars do not support"
                : "uses a group with flags, which grammars do not support");
      }
    }
    RegexNode inner = branches();
    if (!skip(')')) {
      throw refusal("has an unclosed '('");
    }
    return inner;
  }

  private RegexNode quantified(RegexNode part) {
    if (at == text.length()) {
      return part;
    }
    int min;
    int max = Integer.MAX_VALUE;
    switch (peek()) {
      case '*' -> min = 0;
      case '+' -> min = 1;
      case '?' -> {
        min = 0;
        max = 1;
      }
      case '{' -> {
        at++;
        min = number();
        max = !skip(',') ? min : peek() == '}' ? max : number();
        if (peek() != '}' || max < min) {
          throw refusal("has a malformed repetition in braces");
        }
      }
      default -> {
        return part;
      }
    }
    at++;
    skip('?');
    if ("*+?{".indexOf(peek()) >= 0) {
      throw refusal("has two quantifiers in a row");
    }
    return new Repeated(part, min, max);
  }

  private int number() {
    int start = at;
    while (peek() >= '0' && peek() <= '9') {
      at++;
    }
    if (at == start || at - start > 5 || at == text.length()) {
      throw refusal("has a malformed or too large repetition in braces");
    }
    return Integer.parseInt(text.substring(start, at));
  }

  private CodePointSet characterClass() {
    boolean negated = skip('^');
    CodePointSet set = new CodePointSet(List.of());
    while (!skip(']')) {
      CodePointSet first = member();
      if (first.ranges().size() == 1 && isSingle(first) && isRange()) {
        at++;
        CodePointSet last = member();
        int from = first.ranges().getFirst().first();
        if (!isSingle(last) || last.ranges().getFirst().first() < from) {
          throw refusal("has a malformed range in a class");
        }
        first = CodePointSet.of(from, last.ranges().getFirst().first()).intersect(CodePointSet.ALL);
      }
      set = set.plus(first);
    }
    CodePointSet result = negated ? set.complement() : set;
    if (result.isEmpty()) {
      throw refusal("has a class that no character is in");
    }
    return result;
  }

  private boolean isRange() {
    return at + 1 < text.length() && peek() == '-' && text.charAt(at + 1) != ']';
  }

  private static boolean isSingle(CodePointSet set) {
    return set.ranges().size() == 1
        && set.ranges().getFirst().first() == set.ranges().getFirst().last();
  }

  private CodePointSet member() {
    int c = next();
    return c == '\\' ? escape(true) : CodePointSet.of(c, c);
  }

  private CodePointSet escape(boolean inClass) {
    int c = next();
    return switch (c) {
      case 'd' -> CodePointSet.DIGITS;
      case 'D' -> CodePointSet.DIGITS.complement();
      case 'w' -> CodePointSet.WORD;
      case 'W' -> CodePointSet.WORD.complement();
      case 's' -> CodePointSet.SPACE;
      case 'S' -> CodePointSet.SPACE.complement();
      case 'b', 'B' -> {
        if (!inClass || c == 'B') {
          throw refusal("uses a word boundary, which grammars do not support");
        }
        yield single('\b');
      }
      case 'p', 'P' ->
          throw refusal("uses a Unicode property class, which grammars do not support");
      case 'k' -> throw refusal("uses a back reference, which grammars do not support");
      default -> single(character(c));
    };
  }

  private CodePointSet single(int c) {
    CodePointSet set = CodePointSet.of(c, c).intersect(CodePointSet.ALL);
    if (set.isEmpty()) {
      throw refusal("names a surrogate, which is no character");
    }
    return set;
  }

  private int character(int c) {
    return switch (c) {
      case 't' -> '\t';
      case 'n' -> '\n';
      case 'v' -> 0x0B;
      case 'f' -> '\f';
      case 'r' -> '\r';
      case 'c' -> next() % 32;
      case 'x' -> hex(2);
      case 'u' -> skip('{') ? braced() : hex(4);
      case '0' -> 0;
      default -> {
        if (c >= '1' && c <= '9') {
          throw refusal("uses a back reference, which grammars do not support");
        }
        if (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') {
          throw refusal("has an unknown escape \\" + (char) c);
        }
        yield c;
      }
    };
  }

  private int braced() {
    int end = text.indexOf('}', at);
    int value = end < 0 ? -1 : hex(end - at);
    if (value < 0 || value > Character.MAX_CODE_POINT) {
      throw refusal("has a malformed \\u escape");
    }
    at++;
    return value;
  }

  private int hex(int digits) {
    int value = 0;
    if (digits < 1 || digits > 6 || at + digits > text.length()) {
      throw refusal("has a malformed escape");
    }
    for (int i = 0; i < digits; i++) {
      int digit = Character.digit(text.charAt(at++), 16);
      if (digit < 0) {
        throw refusal("has a malformed escape");
      }
      value = value * 16 + digit;
    }
    return value;
  }

  private RegexNode withoutAnchors(RegexNode node, boolean atStart, boolean atEnd) {
    return switch (node) {
      case One one -> one;
      case Anchor anchor -> {
        if (anchor.start() ? !atStart : !atEnd) {
          throw refusal("has ^ or $ elsewhere than at its edges, which grammars do not support");
        }
        yield EMPTY;
      }
      case Repeated(RegexNode part, int min, int max) ->
          new Repeated(withoutAnchors(part, false, false), min, max);
      case Branches(List<RegexNode> branches) ->
          new Branches(branches.stream().map(b -> withoutAnchors(b, atStart, atEnd)).toList());
      case Row(List<RegexNode> parts) -> {
        List<RegexNode> out = new ArrayList<>();
        int last = lastPart(parts);
        boolean start = atStart;
        for (int i = 0; i < parts.size(); i++) {
          out.add(withoutAnchors(parts.get(i), start, atEnd && i >= last));
          start &= parts.get(i) instanceof Anchor;
        }
        yield new Row(List.copyOf(out));
      }
    };
  }

  /** The index of the last part that is not an anchor of the end. */
  private static int lastPart(List<RegexNode> parts) {
    int last = parts.size() - 1;
    while (last > 0 && parts.get(last) instanceof Anchor) {
      last--;
    }
    return last;
  }

  private static long size(RegexNode node) {
    return switch (node) {
      case One one -> 1;
      case Anchor anchor -> 0;
      case Row(List<RegexNode> parts) -> parts.stream().mapToLong(RegexReader::size).sum();
      case Branches(List<RegexNode> branches) ->
          branches.stream().mapToLong(RegexReader::size).sum();
      case Repeated(RegexNode part, int min, int max) -> {
        long times = Math.max(1, max == Integer.MAX_VALUE ? min : max);
        yield Math.min(size(part) * times, Integer.MAX_VALUE);
      }
    };
  }

  /** Returns the next character; -1 at the end. */
  private int peek() {
    return at < text.length() ? text.charAt(at) : -1;
  }

  private boolean skip(int c) {
    boolean found = peek() == c;
    at += found ? 1 : 0;
    return found;
  }

  private int next() {
    if (at == text.length()) {
      throw refusal("ends too early");
    }
    int c = text.codePointAt(at);
    if (Character.getType(c) == Character.SURROGATE) {
      throw refusal("holds a surrogate without its partner");
    }
    at += Character.charCount(c);
    return c;
  }

  private RuntimeException refusal(String problem) {
    return Refusal.of("%s %s (near character %d)", what, problem, at + 1);
  }
}
