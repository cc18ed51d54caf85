package org.mlcengine.grammar;

import java.util.Set;

/** What a reply must be. Two equal specifications allow the same replies. */
public sealed interface GrammarSpec {
  /** Any JSON object, of any depth. */
  record AnyJson() implements GrammarSpec {}

  /**
   * JSON that satisfies a schema. Properties come in the order in which the schema declares them,
   * and strings match their pattern as a whole.
   *
   * @param schema the schema as JSON text
   * @param strict whether objects and tuples hold only what the schema declares where it does not
   *     say whether they may hold more
   */
  record JsonSchema(String schema, boolean strict) implements GrammarSpec {}

  /**
   * Text that matches a regular expression as a whole.
   *
   * @param pattern the expression, in ECMAScript's syntax without look-around, back references,
   *     word boundaries and Unicode property classes
   */
  record Regex(String pattern) implements GrammarSpec {}

  /**
   * Text that a grammar derives from its rule {@code root}.
   *
   * @param grammar the rules in XGrammar's EBNF: {@code name ::= "literal" [a-z]* (one | two)?}
   */
  record Ebnf(String grammar) implements GrammarSpec {}

  /**
   * Text in which tagged parts follow grammars of their own, such as calls of tools.
   *
   * @param json XGrammar's structural tag as JSON text: {@code {"type": "structural_tag", "format":
   *     ...}}
   */
  record StructuralTag(String json) implements GrammarSpec {}

  /**
   * Calls of tools, as a structural tag.
   *
   * @param tag XGrammar's structural tag as JSON text
   * @param marks texts within it that the model may write as one special token; other special
   *     tokens, and these in grammars of any other kind, are no text
   */
  record Calls(String tag, Set<String> marks) implements GrammarSpec {
    /** Copies the set. */
    public Calls {
      marks = Set.copyOf(marks);
    }
  }
}
