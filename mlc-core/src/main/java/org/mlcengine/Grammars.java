package org.mlcengine;

import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.grammar.CompiledGrammar;
import org.mlcengine.grammar.GrammarCompiler;
import org.mlcengine.grammar.GrammarSpec;
import org.mlcengine.protocol.ResponseFormat;
import org.mlcengine.tokenizer.Tokenizer;

/** The grammars of a model's structured replies. */
final class Grammars implements AutoCloseable {
  private final @Nullable GrammarCompiler compiler;

  /**
   * Makes ready to compile, and compiles nothing.
   *
   * @param vocabularySize how many logits the model gives
   * @param stopIds what ends a reply; without any, no grammar can be compiled
   */
  Grammars(Tokenizer tokenizer, int vocabularySize, Set<Integer> stopIds) {
    int[] ids = stopIds.stream().mapToInt(Integer::intValue).toArray();
    compiler = ids.length == 0 ? null : new GrammarCompiler(tokenizer, vocabularySize, ids);
  }

  /** Returns what a reply must be; empty if it may be any text. */
  static Optional<GrammarSpec> spec(ResponseFormat format) {
    return switch (format) {
      case ResponseFormat.Text() -> Optional.empty();
      case ResponseFormat.JsonObject(Optional<String> schema) -> Optional.of(json(schema, false));
      case ResponseFormat.JsonSchema schema -> Optional.of(json(schema.schema(), schema.strict()));
      case ResponseFormat.Regex(String pattern) -> Optional.of(new GrammarSpec.Regex(pattern));
      case ResponseFormat.Ebnf(String grammar) -> Optional.of(new GrammarSpec.Ebnf(grammar));
      case ResponseFormat.StructuralTag(String tag) ->
          Optional.of(new GrammarSpec.StructuralTag(tag));
    };
  }

  private static GrammarSpec json(Optional<String> schema, boolean strict) {
    return schema.isPresent()
        ? new GrammarSpec.JsonSchema(schema.get(), strict)
        : new GrammarSpec.AnyJson();
  }

  /**
   * Returns a compiled grammar, for the caller to close; quickly if it was asked for before.
   *
   * @throws InvalidRequestException if the specification is malformed or not supported, or there is
   *     nothing that ends a reply; it names the tools if they asked for the form
   */
  CompiledGrammar compile(GrammarSpec spec) {
    boolean calls = spec instanceof GrammarSpec.Calls;
    if (compiler == null) {
      throw new InvalidRequestException(
          calls ? "tool_choice" : "response_format",
          (calls ? "expected a choice that holds the model to no form" : "expected text")
              + ", since neither the model's conversation template nor its configuration"
              + " names a token that ends a reply; add stop_token_ids to conv_template");
    }
    try {
      return compiler.compile(spec);
    } catch (InvalidRequestException e) {
      throw calls
          ? new InvalidRequestException(
              "tools", "the parameters of a function cannot be enforced: " + e.getMessage())
          : e;
    }
  }

  @Override
  public void close() {
    if (compiler != null) {
      compiler.close();
    }
  }
}
