package org.mlcengine.examples;

import java.nio.file.Path;
import java.util.List;
import org.mlcengine.MLCEngine;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.ChatMessage;

/** Asks two questions, of which the second builds on the first. Argument: a model folder. */
public final class MultiTurnChat {
  private MultiTurnChat() {}

  /** Runs the example. */
  public static void main(String[] args) {
    ChatCompletionCreateParams.Builder conversation =
        ChatCompletionCreateParams.builder()
            .addSystemMessage("Answer in one short sentence.")
            .temperature(0)
            .maxTokens(60);
    try (MLCEngine engine = MLCEngine.builder().model(Path.of(args[0])).build()) {
      for (String question : List.of("Name the capital of France.", "And of Italy?")) {
        conversation.addUserMessage(question);
        ChatMessage reply =
            engine.chat().completions().create(conversation.build()).choices().getFirst().message();
        conversation.addMessage(reply);
        System.out.println(question + " " + reply.content().orElse(""));
      }
    }
  }
}
