package org.mlcengine.examples;

import java.nio.file.Path;
import org.mlcengine.MLCEngine;
import org.mlcengine.protocol.ChatCompletion;
import org.mlcengine.protocol.ChatCompletionCreateParams;

/** Asks one question and prints the reply. Argument: a model folder. */
public final class BlockingChat {
  private BlockingChat() {}

  /** Runs the example. */
  public static void main(String[] args) {
    try (MLCEngine engine = MLCEngine.builder().model(Path.of(args[0])).build()) {
      ChatCompletion reply =
          engine
              .chat()
              .completions()
              .create(
                  ChatCompletionCreateParams.builder()
                      .addUserMessage("Name the capital of France.")
                      .temperature(0)
                      .build());
      System.out.println(reply.choices().getFirst().message().content().orElse(""));
    }
  }
}
