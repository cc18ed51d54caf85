package org.mlcengine;

import java.nio.file.Path;
import org.mlcengine.protocol.ChatCompletion;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.ProtocolJson;
import org.mlcengine.protocol.Usage;

/** What {@link SessionProcessTest} runs in a process of its own: a turn of a restored session. */
final class SessionProgram {
  private SessionProgram() {}

  /** Restores the session of a file, and prints the reply to a message. */
  public static void main(String[] arguments) {
    try (MLCEngine engine = TestModel.open();
        Session session = engine.restoreSession(Path.of(arguments[0]))) {
      System.out.println(session.cachedTokens());
      print(session.create(request(arguments[1])));
    }
  }

  static ChatCompletionCreateParams request(String text) {
    return ChatCompletionCreateParams.builder()
        .addUserMessage(text)
        .temperature(0)
        .maxTokens(60)
        .logprobs(true)
        .build();
  }

  private static void print(ChatCompletion reply) {
    Usage usage = reply.usage().orElseThrow();
    System.out.println(usage.promptTokens());
    System.out.println(usage.cachedTokens());
    System.out.println(usage.extra().orElseThrow().prefillTokens());
    System.out.println(ProtocolJson.write(reply));
  }
}
