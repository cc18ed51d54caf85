package org.mlcengine.examples;

import java.nio.file.Path;
import org.mlcengine.CompletionStream;
import org.mlcengine.MLCEngine;
import org.mlcengine.protocol.ChatCompletionChunk;
import org.mlcengine.protocol.ChatCompletionCreateParams;

/** Prints a reply while it is generated. Argument: a model folder. */
public final class StreamingChat {
  private StreamingChat() {}

  /** Runs the example. */
  public static void main(String[] args) {
    ChatCompletionCreateParams question =
        ChatCompletionCreateParams.builder()
            .addUserMessage("Tell me a story about a fox.")
            .maxTokens(100)
            .seed(1)
            .build();
    try (MLCEngine engine = MLCEngine.builder().model(Path.of(args[0])).build();
        CompletionStream<ChatCompletionChunk> reply =
            engine.chat().completions().createStreaming(question)) {
      for (ChatCompletionChunk chunk : reply) {
        chunk.choices().getFirst().delta().content().ifPresent(System.out::print);
      }
      System.out.println();
    }
  }
}
