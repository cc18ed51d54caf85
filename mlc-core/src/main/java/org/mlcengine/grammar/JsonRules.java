package org.mlcengine.grammar;

import java.util.ArrayList;
import java.util.List;

/** The rules of JSON that every schema's grammar uses. */
final class JsonRules {
  private static final int LONG_TEXT = 128;
  private static final int BLOCK = 64;

  private final GrammarText grammar;
  private boolean written;

  JsonRules(GrammarText grammar) {
    this.grammar = grammar;
  }

  /** White space between JSON's parts. */
  String space() {
    return grammar.rule("(\" \" | \"\\n\" [\\u0009\\u0020]{0,24})?");
  }

  /** A string of {@code min} to {@code max} characters. */
  String text(int min, int max) {
    if (min == 0 && max == Integer.MAX_VALUE) {
      return grammar.rule(RegexGrammar.anyJsonString());
    }
    if (Math.max(min, max == Integer.MAX_VALUE ? 0 : max) <= LONG_TEXT) {
      return grammar.rule(RegexGrammar.jsonString(characters(min, max)));
    }
    return grammar.rule(longText(min, max));
  }

  /**
   * The same for many characters, as blocks of {@link #BLOCK} and a rest. An automaton of one state
   * for each character would take long to compile, and a count of single characters makes masks
   * slow.
   */
  private String longText(int min, int max) {
    List<String> bodies = new ArrayList<>();
    int least = min / BLOCK;
    if (max == Integer.MAX_VALUE) {
      bodies.add(blocks(least, least) + end(min % BLOCK, max));
    } else {
      int most = max / BLOCK;
      bodies.add(blocks(least, least) + end(min % BLOCK, least == most ? max % BLOCK : BLOCK - 1));
      if (least + 1 < most) {
        bodies.add(blocks(least + 1, most - 1) + end(0, BLOCK - 1));
      }
      if (least < most) {
        bodies.add(blocks(most, most) + end(0, max % BLOCK));
      }
    }
    return GrammarText.literal("\"") + " " + GrammarText.choice(bodies);
  }

  private String blocks(int min, int max) {
    String block = grammar.rule(RegexGrammar.jsonPart(characters(BLOCK, BLOCK)));
    return max == 0 ? "" : GrammarText.repeat(block, min, max) + " ";
  }

  private String end(int min, int max) {
    return grammar.rule(RegexGrammar.jsonEnd(characters(min, max)));
  }

  private static RegexNode characters(int min, int max) {
    return new RegexNode.Repeated(new RegexNode.One(CodePointSet.ALL), min, max);
  }

  /** Any value. */
  String any() {
    return json(false);
  }

  /** Any object. */
  String object() {
    return json(true);
  }

  private String json(boolean objectOnly) {
    if (!written) {
      written = true;
      write();
    }
    return objectOnly ? "object" : "any";
  }

  private void write() {
    String text = text(0, Integer.MAX_VALUE);
    String comma = " \",\" " + space() + " ";
    String member = text + " \":\" " + space() + " any";
    grammar.define(
        "any",
        "object | array | "
            + text
            + " | "
            + grammar.rule(NumberGrammar.number())
            + " | \"true\" | \"false\" | \"null\"");
    grammar.define("object", between("{", member, comma, "}"));
    grammar.define("array", between("[", "any", comma, "]"));
  }

  private String between(String open, String part, String comma, String close) {
    String start = GrammarText.literal(open) + " " + space() + " ";
    String end = " " + space() + " " + GrammarText.literal(close);
    return start
        + part
        + " ("
        + comma
        + part
        + ")*"
        + end
        + " | "
        + GrammarText.literal(open)
        + end;
  }
}
