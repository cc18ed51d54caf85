package org.mlcengine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mlcengine.conversation.Conversation;
import org.mlcengine.conversation.PromptTemplate;
import org.mlcengine.model.ModelConfig;
import org.mlcengine.protocol.ChatCompletion;
import org.mlcengine.protocol.ChatCompletionAccumulator;
import org.mlcengine.protocol.ChatCompletionChunk;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.FinishReason;
import org.mlcengine.protocol.ResponseFormat;
import org.mlcengine.protocol.Tool;
import org.mlcengine.protocol.ToolCall;
import org.mlcengine.protocol.ToolChoice;
import org.mlcengine.runtime.ScriptedModel;
import org.mlcengine.scheduler.EngineThread;
import org.mlcengine.scheduler.Scheduler;
import org.mlcengine.scheduler.SchedulerLimits;
import org.mlcengine.tokenizer.Tokenizer;
import org.mlcengine.tools.MarkedTokenizer;

/** The whole loop of calling functions, on models that write what a test has them write. */
class ScriptedCallsTest {
  private static final List<String> SPECIALS =
      List.of(
          "[TOOL_CALLS]",
          "[ARGS]",
          "[CALL_ID]",
          "[SYSTEM_PROMPT]",
          "[/SYSTEM_PROMPT]",
          "[AVAILABLE_TOOLS]",
          "[/AVAILABLE_TOOLS]",
          "[INST]",
          "[/INST]",
          "<|python_tag|>",
          "<｜tool▁calls▁begin｜>",
          "<｜tool▁call▁begin｜>",
          "<｜tool▁sep｜>",
          "<｜tool▁call▁end｜>",
          "<｜tool▁calls▁end｜>");
  private static final String END = "<|im_end|>";

  @TempDir private Path folder;

  /** An engine on a model that writes a reply token by token, wherever it is let. */
  private final class Scripted implements AutoCloseable {
    final Tokenizer tokenizer = MarkedTokenizer.load(folder, SPECIALS);
    final MLCEngine engine;
    final List<Integer> drawn = new ArrayList<>();
    String prompt = "";
    private int promptLength;

    Scripted(String conversation, String reply) throws IOException {
      int stop = tokenizer.idOf(END).orElseThrow();
      ObjectNode config = (ObjectNode) new JsonMapper().readTree("{\"quantization\": \"none\"}");
      config.put("model_type", "llama").put("vocab_size", tokenizer.vocabSize());
      config.put("context_window_size", 8_000).put("prefill_chunk_size", 4_096);
      config.putObject("model_config").put("vocab_size", tokenizer.vocabSize());
      Files.writeString(folder.resolve("mlc-chat-config.json"), config.toString());
      ModelConfig model = ModelConfig.read(folder);
      PromptTemplate template = ending(Conversation.named(conversation), stop);
      int[] script =
          IntStream.concat(IntStream.of(tokenizer.encode(reply)), IntStream.of(stop)).toArray();
      EngineThread<ScriptedModel, Scheduler> thread =
          EngineThread.start(
              "scripted",
              () -> new ScriptedModel(tokenizer.vocabSize(), 1_000, t -> next(t, script)),
              scripted ->
                  new Scheduler(scripted, new SchedulerLimits(4, 4096, 8, 0), System::nanoTime));
      EngineInfo info = info(tokenizer.vocabSize());
      Requests requests = new Requests(thread.scheduler(), tokenizer, template, model, info);
      engine =
          new MLCEngine(
              MLCEngine.builder(),
              new ModelSlot.Loaded(info, Service.Text.of(thread, requests, "llama")));
    }

    private int next(List<Integer> tokens, int[] script) {
      if (tokens.size() != promptLength + drawn.size() + 1) {
        promptLength = tokens.size();
        prompt = tokenizer.decode(tokens.stream().mapToInt(Integer::intValue).toArray());
      }
      int written = tokens.size() - promptLength;
      drawn.clear();
      drawn.addAll(tokens.subList(promptLength, tokens.size()));
      return script[Math.min(written, script.length - 1)];
    }

    @Override
    public void close() {
      engine.close();
    }
  }

  private static Conversation ending(Conversation c, int stop) {
    return new Conversation(
        c.name(),
        c.systemTemplate(),
        c.systemMessage(),
        List.of(),
        c.addRoleAfterSystemMessage(),
        c.roles(),
        c.roleTemplates(),
        c.messages(),
        c.separator(),
        c.assistantSeparator(),
        c.roleContentSeparator(),
        c.roleEmptySeparator(),
        c.stopStrings(),
        List.of(stop),
        c.stripReasoningInHistory(),
        c.functionString());
  }

  private EngineInfo info(int vocabulary) {
    return new EngineInfo(
        "scripted",
        folder,
        folder,
        "llama",
        "none",
        "cpu",
        1,
        8_000,
        7_999,
        4_096,
        4,
        vocabulary,
        0,
        0,
        0,
        Duration.ZERO);
  }

  private static ChatCompletionCreateParams.Builder ask(ToolChoice choice) {
    return ChatCompletionCreateParams.builder()
        .addUserMessage("Rome?")
        .addTool(
            Tool.function(
                "find",
                "Finds \"it\".",
                "{\"type\":\"object\",\"properties\":{\"q\":{\"type\":\"string\"}},"
                    + "\"required\":[\"q\"]}"))
        .toolChoice(choice)
        .temperature(0)
        .maxTokens(200);
  }

  static Stream<Arguments> replies() {
    return Stream.of(
        Arguments.of("ministral3", "[TOOL_CALLS]find[ARGS]{\"q\": \"Ö\"}"),
        Arguments.of(
            "mistral_default", "[TOOL_CALLS][{\"name\": \"find\", \"arguments\": {\"q\": \"Ö\"}}]"),
        Arguments.of(
            "llama-3_1", "<|python_tag|>{\"name\": \"find\", \"parameters\": {\"q\": \"Ö\"}}"),
        Arguments.of(
            "qwen3_5_nothink",
            "<tool_call>\n<function=find>\n<parameter=q>\nÖ\n</parameter>\n</function>\n"
                + "</tool_call>"),
        Arguments.of(
            "deepseek_v3",
            "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>find\n```json\n"
                + "{\"q\": \"Ö\"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>"));
  }

  @ParameterizedTest
  @MethodSource("replies")
  void aModelMarksRequiredCallsAsItWasTrainedTo(String conversation, String reply)
      throws IOException {
    try (Scripted scripted = new Scripted(conversation, reply)) {
      for (ToolChoice choice : List.of(ToolChoice.required(), ToolChoice.named("find"))) {
        ChatCompletion whole = scripted.engine.chat().completions().create(ask(choice).build());
        ChatCompletion.Choice got = whole.choices().getFirst();
        assertThat(got.finishReason()).isEqualTo(FinishReason.TOOL_CALLS);
        assertThat(got.message().content()).isEmpty();
        requireCall(got.message().toolCalls());
        assertThat(scripted.drawn)
            .containsExactlyElementsOf(
                IntStream.of(scripted.tokenizer.encode(reply)).boxed().toList());

        ChatCompletionAccumulator accumulator = ChatCompletionAccumulator.create();
        try (CompletionStream<ChatCompletionChunk> stream =
            scripted.engine.chat().completions().createStreaming(ask(choice).build())) {
          stream.forEach(accumulator::accumulate);
        }
        ChatCompletion.Choice joined = accumulator.chatCompletion().choices().getFirst();
        assertThat(joined.finishReason()).isEqualTo(FinishReason.TOOL_CALLS);
        requireCall(joined.message().toolCalls());
      }
    }
  }

  private static void requireCall(List<ToolCall> calls) {
    assertThat(calls).hasSize(1);
    assertThat(calls.getFirst().function().name()).isEqualTo("find");
    assertThat(calls.getFirst().function().arguments()).isEqualTo("{\"q\": \"Ö\"}");
  }

  @Test
  void noSpecialTokenComesIntoAReplyOfAnotherForm() throws IOException {
    String reply = "{\"q\": \"[TOOL_CALLS]\"}";
    try (Scripted scripted = new Scripted("ministral3", reply)) {
      scripted.engine.chat().completions().create(ask(ToolChoice.required()).build());
      scripted
          .engine
          .chat()
          .completions()
          .create(ask(ToolChoice.none()).responseFormat(new ResponseFormat.JsonObject()).build());
      assertThat(scripted.drawn).isNotEmpty().noneMatch(scripted.tokenizer::isSpecial);
    }
  }

  @Test
  void ministralReadsTheFunctionsWithinItsMarks() throws IOException {
    try (Scripted scripted = new Scripted("ministral3", "Hi")) {
      ChatCompletionCreateParams request =
          ask(ToolChoice.auto())
              .messages(List.of())
              .addSystemMessage("S")
              .addUserMessage("U")
              .build();
      scripted.engine.chat().completions().create(request);
      assertThat(scripted.prompt)
          .isEqualTo(
              "[SYSTEM_PROMPT]S[/SYSTEM_PROMPT][AVAILABLE_TOOLS][{\"type\": \"function\","
                  + " \"function\": {\"name\": \"find\", \"description\": \"Finds \\\"it\\\".\","
                  + " \"parameters\": {\"type\": \"object\", \"properties\": {\"q\": {\"type\":"
                  + " \"string\"}}, \"required\": [\"q\"]}}}][/AVAILABLE_TOOLS][INST]U[/INST]");
    }
  }
}
