package org.mlcengine.examples;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.mlcengine.MLCEngine;
import org.mlcengine.Session;
import org.mlcengine.protocol.ChatCompletionCreateParams;

/** Saves a conversation and goes on with it in another engine. Argument: a model folder. */
public final class SavedConversation {
  private SavedConversation() {}

  /** Runs the example. */
  public static void main(String[] args) {
    try {
      Path file = Files.createTempDirectory("session").resolve("ann.session");
      try (MLCEngine engine = MLCEngine.builder().model(Path.of(args[0])).build();
          Session session = engine.session("ann")) {
        tell(session, "Name the capital of France, and what it is known for.");
        System.out.println(session.save(file) + " tokens saved");
      }
      try (MLCEngine engine = MLCEngine.builder().model(Path.of(args[0])).build();
          Session session = engine.restoreSession(file)) {
        System.out.println(session.cachedTokens() + " tokens restored");
        tell(session, "And that of Italy?");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void tell(Session session, String message) {
    ChatCompletionCreateParams params =
        ChatCompletionCreateParams.builder()
            .addUserMessage(message)
            .temperature(0)
            .maxTokens(60)
            .build();
    System.out.println(session.create(params).choices().getFirst().message().content().orElse(""));
  }
}
