package org.mlcengine.grammar;

/** The rules of JSON that every schema's grammar uses. */
final class JsonRules {
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
    boolean any = min == 0 && max == Integer.MAX_VALUE;
    RegexNode character = new RegexNode.One(CodePointSet.ALL);
    return grammar.rule(
        any
            ? RegexGrammar.anyJsonString()
            : RegexGrammar.jsonString(new RegexNode.Repeated(character, min, max)));
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
