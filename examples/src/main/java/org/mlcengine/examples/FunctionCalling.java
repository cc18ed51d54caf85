package org.mlcengine.examples;

import java.nio.file.Path;
import org.mlcengine.MLCEngine;
import org.mlcengine.protocol.ChatCompletion;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.protocol.Tool;
import org.mlcengine.protocol.ToolCall;
import org.mlcengine.protocol.ToolChoice;

/** Lets the model call a function, and answers its call. Argument: a model folder. */
public final class FunctionCalling {
  private static final Tool WEATHER =
      Tool.function(
          "get_weather",
          "Tells the weather in a city.",
          """
          {"type": "object", "properties": {"city": {"type": "string", "maxLength": 30}},
          "required": ["city"], "additionalProperties": false}""");

  private FunctionCalling() {}

  /** Runs the example. */
  public static void main(String[] args) {
    ChatCompletionCreateParams.Builder request =
        ChatCompletionCreateParams.builder()
            .addUserMessage("How is the weather in Paris?")
            .addTool(WEATHER)
            .temperature(0)
            .maxTokens(100);
    try (MLCEngine engine = MLCEngine.builder().model(Path.of(args[0])).build()) {
      ChatMessage asked = reply(engine, request.toolChoice(ToolChoice.required()));
      request.addMessage(asked);
      for (ToolCall call : asked.toolCalls()) {
        System.out.println(call.function().name() + " " + call.function().arguments());
        request.addToolMessage(call.id(), "{\"sky\": \"clear\", \"degrees\": 21}");
      }
      ChatMessage answer = reply(engine, request.toolChoice(ToolChoice.none()));
      System.out.println(answer.content().orElse(""));
    }
  }

  private static ChatMessage reply(MLCEngine engine, ChatCompletionCreateParams.Builder request) {
    ChatCompletion completion = engine.chat().completions().create(request.build());
    return completion.choices().getFirst().message();
  }
}
