package org.mlcengine.grammar;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.mlcengine.grammar.RegexNode.Anchor;
import org.mlcengine.grammar.RegexNode.Branches;
import org.mlcengine.grammar.RegexNode.One;
import org.mlcengine.grammar.RegexNode.Repeated;
import org.mlcengine.grammar.RegexNode.Row;

/**
 * Regular expressions as bodies of grammar rules. XGrammar makes one automaton of an expression,
 * which finds the tokens that may come next much faster than rules that call each other.
 */
final class RegexGrammar {
  /** JSON's short escapes: the character, and what stands behind the backslash. */
  private static final int[][] ESCAPES = {
    {'"', '"'}, {'\\', '\\'}, {'\b', 'b'}, {'\f', 'f'}, {'\n', 'n'}, {'\r', 'r'}, {'\t', 't'}
  };

  private static final String HEX = "[0-9a-fA-F]";

  /** A surrogate pair in escapes; half a pair is no character. */
  private static final String PAIR =
      "[dD][89abAB]" + HEX + HEX + "\\u{5c}u[dD][c-fC-F]" + HEX + HEX;

  private final boolean inJson;

  private RegexGrammar(boolean inJson) {
    this.inJson = inJson;
  }

  /** The body that derives what the expression matches. */
  static String plain(RegexNode node) {
    return body(new RegexGrammar(false).text(node));
  }

  /** The body that derives the JSON strings of what the expression matches. */
  static String jsonString(RegexNode node) {
    return body("\\u{22}" + new RegexGrammar(true).text(node) + "\\u{22}");
  }

  /** The same without the quotation marks. */
  static String jsonPart(RegexNode node) {
    return body(new RegexGrammar(true).text(node));
  }

  /** The same with the closing quotation mark alone. */
  static String jsonEnd(RegexNode node) {
    return body(new RegexGrammar(true).text(node) + "\\u{22}");
  }

  /** The body that derives every JSON string. */
  static String anyJsonString() {
    String unit = "([0-9a-cA-CeEfF]" + HEX + "|[dD][0-7])" + HEX + HEX;
    String escape = "\\u{5c}([\\u{22}\\u{5c}\\u{2f}bfnrt]|u(" + unit + "|" + PAIR + "))";
    return body("\\u{22}(" + set(CodePointSet.JSON) + "|" + escape + ")*\\u{22}");
  }

  private static String body(String expression) {
    return expression.isEmpty() ? "\"\"" : "Regex(\"" + expression.replace("\\", "\\\\") + "()\")";
  }

  private String text(RegexNode node) {
    return switch (node) {
      case One one -> inJson ? jsonCharacter(one.of()) : set(one.of());
      case Anchor anchor -> "";
      case Repeated(RegexNode part, int min, int max) -> repeated(text(part), min, max);
      case Branches(List<RegexNode> branches) ->
          choice(branches.stream().map(this::text).distinct().toList());
      case Row(List<RegexNode> parts) ->
          parts.stream().map(this::text).collect(Collectors.joining());
    };
  }

  private static String choice(List<String> branches) {
    return branches.stream().allMatch(String::isEmpty)
        ? ""
        : "(" + String.join("|", branches) + ")";
  }

  private static String repeated(String part, int min, int max) {
    if (part.isEmpty() || max == 0) {
      return "";
    }
    if (min == 0 && max == 1) {
      // XGrammar's own "?" lets a text begin in the middle of the part.
      return "(" + part + "|)";
    }
    String whole = "(" + part + ")";
    if (max == Integer.MAX_VALUE) {
      // XGrammar's own "{n,}" lets a part that may be empty end in its middle.
      String first = min > 1 ? whole + "{" + min + "," + min + "}" : "";
      return "(" + first + whole + (min == 1 ? "+" : "*") + ")";
    }
    return "(" + whole + "{" + min + "," + max + "})";
  }

  /** A character of a JSON string: as itself, or escaped where it must be. */
  private static String jsonCharacter(CodePointSet characters) {
    List<String> ways = new ArrayList<>();
    CodePointSet plain = characters.intersect(CodePointSet.JSON);
    if (!plain.isEmpty()) {
      ways.add(set(plain));
    }
    StringBuilder escapes = new StringBuilder();
    for (int[] escape : ESCAPES) {
      if (characters.contains(escape[0])) {
        escapes.append(character(escape[1]));
      }
    }
    if (!escapes.isEmpty()) {
      ways.add("\\u{5c}[" + escapes + "]");
    }
    for (int c = 0; c < ' ' && ways.isEmpty(); c++) {
      if (characters.contains(c)) {
        ways.add("\\u{5c}u%04x".formatted(c));
      }
    }
    return ways.size() == 1 ? ways.getFirst() : choice(ways);
  }

  private static String set(CodePointSet set) {
    List<String> classes = set.byUtf8Length().stream().map(RegexGrammar::characterClass).toList();
    return classes.size() == 1 ? classes.getFirst() : choice(classes);
  }

  private static String characterClass(CodePointSet set) {
    StringBuilder out = new StringBuilder("[");
    for (CodePointSet.Range range : set.ranges()) {
      out.append(character(range.first()));
      if (range.last() > range.first()) {
        out.append('-').append(character(range.last()));
      }
    }
    return out.append(']').toString();
  }

  private static String character(int c) {
    boolean plain = c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
    return plain ? String.valueOf((char) c) : "\\u{%x}".formatted(c);
  }
}
