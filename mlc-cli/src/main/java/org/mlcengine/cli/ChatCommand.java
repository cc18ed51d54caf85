package org.mlcengine.cli;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.mlcengine.ChatCompletions;
import org.mlcengine.CompletionStream;
import org.mlcengine.EngineMode;
import org.mlcengine.MLCEngine;
import org.mlcengine.Session;
import org.mlcengine.protocol.ChatCompletion;
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

  @Option(
      names = "--session",
      paramLabel = "FILE",
      description = "Go on with the conversation in FILE if it is there, and save it in the end.")
  private @Nullable Path session;

  @Override
  public void run() {
    if (json && prompt == null && spec != null) {
      throw new ParameterException(spec.commandLine(), "--json needs --prompt.");
    }
    if (system != null && session != null && Files.exists(session) && spec != null) {
      throw new ParameterException(
          spec.commandLine(), "--system begins a conversation; that in --session has begun.");
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
      save(new ChatSession(engine, conversation(engine), request, opening).run());
    }
  }

  private Session conversation(MLCEngine engine) {
    return session != null && Files.exists(session)
        ? engine.restoreSession(session)
        : engine.session("chat");
  }

  private void save(Session conversation) {
    if (session != null) {
      conversation.save(session);
    }
  }

  private void answer(ChatCompletionCreateParams params) {
    try (MLCEngine engine = engineOptions.open(EngineMode.INTERACTIVE)) {
      if (session == null) {
        // A session would compute the reply once more, for a turn that does not come.
        ChatCompletions replies = engine.chat().completions();
        print(params, replies::create, replies::createStreaming);
      } else {
        Session conversation = conversation(engine);
        print(params, conversation::create, conversation::createStreaming);
        save(conversation);
      }
    }
  }

  private void print(
      ChatCompletionCreateParams params,
      Function<ChatCompletionCreateParams, ChatCompletion> create,
      Function<ChatCompletionCreateParams, CompletionStream<ChatCompletionChunk>> createStreaming) {
    if (json) {
      System.out.println(ProtocolJson.write(create.apply(params)));
    } else {
      stream(createStreaming.apply(params), System.out);
    }
  }

  private static void stream(CompletionStream<ChatCompletionChunk> chunks, PrintStream output) {
    try (CompletionStream<ChatCompletionChunk> reply = chunks) {
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
