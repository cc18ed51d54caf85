package org.mlcengine.fuzz;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.grammar.GrammarCompiler;
import org.mlcengine.grammar.GrammarSpec;

/** JSON Schemas, regular expressions, grammars and structural tags of requests. */
public final class SchemaFuzzer {
  private SchemaFuzzer() {}

  /** Runs one input. */
  public static void fuzzerTestOneInput(FuzzedDataProvider data) {
    int kind = data.consumeInt(0, 7);
    boolean strict = data.consumeBoolean();
    String text = data.consumeRemainingAsString();
    GrammarSpec spec =
        switch (kind) {
          case 5 -> new GrammarSpec.Regex(text);
          case 6 -> new GrammarSpec.Ebnf(text);
          case 7 -> new GrammarSpec.StructuralTag(text);
          default -> new GrammarSpec.JsonSchema(text, strict);
        };
    try {
      GrammarCompiler.check(spec);
    } catch (InvalidRequestException e) {
      // Refused with a typed exception.
    }
  }
}
