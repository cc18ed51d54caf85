package org.mlcengine.grammar;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A grammar in XGrammar's EBNF that is being written. */
final class GrammarText {
  /** More text than this takes seconds to compile. */
  static final int MAX_LENGTH = 200_000;

  private final Map<String, String> rules = new LinkedHashMap<>();
  private final Map<String, String> names = new LinkedHashMap<>();
  private int length;
  private int count;

  /** Returns the name of a rule with that body, made once for equal bodies. */
  String rule(String body) {
    String known = names.get(body);
    if (known != null) {
      return known;
    }
    String name = reserve();
    names.put(body, name);
    define(name, body);
    return name;
  }

  /** Returns the name of a rule that is defined later. */
  String reserve() {
    return "r" + count++;
  }

  /** Defines a rule. */
  void define(String name, String body) {
    length += name.length() + body.length() + 6;
    if (length > MAX_LENGTH) {
      throw Refusal.of(
          "the grammar is too large: it takes more than %d characters. Ask for less at once.",
          MAX_LENGTH);
    }
    rules.put(name, body);
  }

  /** Returns the grammar that derives what {@code root} does. */
  String toString(String root) {
    return rules.entrySet().stream()
        .map(rule -> rule.getKey() + " ::= " + rule.getValue() + "\n")
        .collect(Collectors.joining("", "root ::= " + root + "\n", ""));
  }

  /** One of several bodies. */
  static String choice(List<String> bodies) {
    List<String> different = bodies.stream().distinct().toList();
    return different.size() == 1
        ? different.getFirst()
        : different.stream().collect(Collectors.joining(" | ", "(", ")"));
  }

  /** A body, {@code min} to {@code max} times in a row; {@link Integer#MAX_VALUE} is no limit. */
  static String repeat(String body, int min, int max) {
    if (min == 1 && max == 1) {
      return body;
    }
    if (max == 0) {
      return "\"\"";
    }
    String part = "(" + body + ")";
    if (max == Integer.MAX_VALUE) {
      return min == 0 ? part + "*" : min == 1 ? part + "+" : part + "{" + min + ",}";
    }
    return min == 0 && max == 1 ? part + "?" : part + "{" + min + "," + max + "}";
  }

  /** Text as it stands. */
  static String literal(String text) {
    StringBuilder out = new StringBuilder("\"");
    text.codePoints().forEach(c -> out.append(escape(c)));
    return out.append('"').toString();
  }

  /** A character as both literals and classes write it. */
  static String escape(int c) {
    if (c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') {
      return String.valueOf((char) c);
    }
    return c <= 0xFFFF ? "\\u%04x".formatted(c) : "\\U%08x".formatted(c);
  }
}
