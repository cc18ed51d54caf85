package org.mlcengine.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.grammar.GrammarSpec.AnyJson;
import org.mlcengine.grammar.GrammarSpec.Calls;
import org.mlcengine.grammar.GrammarSpec.Ebnf;
import org.mlcengine.grammar.GrammarSpec.JsonSchema;
import org.mlcengine.grammar.GrammarSpec.Regex;
import org.mlcengine.grammar.GrammarSpec.StructuralTag;

/**
 * What XGrammar is given for a specification.
 *
 * @param text a grammar in EBNF, or a structural tag
 */
record GrammarSource(String text, boolean isStructuralTag) {
  /**
   * Checks and translates a specification.
   *
   * @throws InvalidRequestException if it is malformed, or asks for what is not supported
   */
  static GrammarSource of(GrammarSpec spec) {
    return switch (spec) {
      case AnyJson json -> new GrammarSource(anyJson(), false);
      case JsonSchema(String schema, boolean strict) ->
          new GrammarSource(schema(SpecJson.read("the schema", schema), strict), false);
      case Regex(String pattern) -> new GrammarSource(regex(pattern), false);
      case Ebnf(String grammar) -> new GrammarSource(EbnfCheck.check(grammar), false);
      case StructuralTag(String json) -> new GrammarSource(StructuralTags.translate(json), true);
      case Calls(String tag, Set<String> marks) ->
          new GrammarSource(StructuralTags.translate(tag), true);
    };
  }

  static String schema(JsonNode schema, boolean strict) {
    return SchemaGrammar.write(SchemaReader.read(schema, strict));
  }

  static String regex(String pattern) {
    RegexNode read = RegexReader.read("the regular expression", pattern);
    return "root ::= " + RegexGrammar.plain(read) + "\n";
  }

  private static String anyJson() {
    GrammarText grammar = new GrammarText();
    return grammar.toString(new JsonRules(grammar).object());
  }
}
