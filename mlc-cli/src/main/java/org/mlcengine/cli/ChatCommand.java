package org.mlcengine.cli;

import java.io.PrintStream;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mlcengine.CompletionStream;
import org.mlcengine.EngineMode;
import org.mlcengine.MLCEngine;
import org.mlcengine.protocol.ChatCompletionChunk;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.protocol.ProtocolJson;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "chat",
    mixinStandardHelpOptions = true,
    description = {
      "Chats with a model.",
      "Without --prompt: an interactive chat; /help lists its commands."
    })
final class ChatCommand implements Runnable {
  @Mixin private final EngineOptions engineOptions = new EngineOptions();
  @Mixin private final SamplingOptions samplingOptions = new SamplingOptions();
  @Spec private @Nullable CommandSpec spec;

  @Option(names = "--prompt", paramLabel = "TEXT", description = "Answer this and exit.")
  private @Nullable String prompt;

  @Option(
      names = "--system",
      paramLabel = "TEXT",
      description = "The system message. Default: the model's.")
  private @Nullable String system;

  @Option(
      names = "--json",
      description = "With --prompt: print one OpenAI ChatCompletion object and nothing else.")
  private boolean json;

  @Override
  public void run() {
    if (json && prompt == null && spec != null) {
      throw new ParameterException(spec.commandLine(), "--json needs --prompt.");
    }
    List<ChatMessage> opening = system == null ? List.of() : List.of(ChatMessage.system(system));
    ChatCompletionCreateParams.Builder request = samplingOptions.request().messages(opening);
    if (prompt == null) {
      chat(request, opening);
    } else {
      answer(request.addUserMessage(prompt).build());
    }
  }

  private void chat(ChatCompletionCreateParams.Builder request, List<ChatMessage> opening) {
    try (MLCEngine engine = engineOptions.open(EngineMode.INTERACTIVE)) {
      new ChatSession(engine, request, opening).run();
    }
  }

  private void answer(ChatCompletionCreateParams params) {
    try (MLCEngine engine = engineOptions.open(EngineMode.INTERACTIVE)) {
      if (json) {
        System.out.println(ProtocolJson.write(engine.chat().completions().create(params)));
      } else {
        stream(engine, params, System.out);
      }
    }
  }

  private static void stream(
      MLCEngine engine, ChatCompletionCreateParams params, PrintStream output) {
    try (CompletionStream<ChatCompletionChunk> reply =
        engine.chat().completions().createStreaming(params)) {
      for (ChatCompletionChunk chunk : reply) {
        for (ChatCompletionChunk.Choice choice : chunk.choices()) {
          output.print(choice.delta().content().orElse(""));
          output.flush();
        }
      }
    }
    output.println();
  }
}
