package org.mlcengine.examples;

import java.nio.file.Path;
import java.util.List;
import org.mlcengine.MLCEngine;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.StructuredChatCompletionCreateParams;

/** Asks for a reply that is a Java record. Argument: a model folder. */
public final class StructuredReply {
  private StructuredReply() {}

  /** What a reply holds. */
  record Recipe(String dish, List<String> ingredients, Difficulty difficulty) {
    /** How hard it is to cook. */
    enum Difficulty {
      EASY,
      HARD
    }
  }

  /** Runs the example. */
  public static void main(String[] args) {
    StructuredChatCompletionCreateParams<Recipe> question =
        ChatCompletionCreateParams.builder()
            .addUserMessage("How do I cook pancakes?")
            .temperature(0)
            .maxTokens(400)
            .responseFormat(Recipe.class)
            .build();
    try (MLCEngine engine = MLCEngine.builder().model(Path.of(args[0])).build()) {
      Recipe recipe =
          engine
              .chat()
              .completions()
              .create(question)
              .choices()
              .getFirst()
              .message()
              .content()
              .orElseThrow();
      System.out.println(recipe.dish() + ": " + recipe.difficulty());
    }
  }
}
