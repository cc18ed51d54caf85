package org.mlcengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.protocol.ChatCompletion;
import org.mlcengine.protocol.ChatCompletionAccumulator;
import org.mlcengine.protocol.ChatCompletionChunk;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.protocol.FinishReason;
import org.mlcengine.protocol.ResponseFormat;
import org.mlcengine.protocol.Tool;
import org.mlcengine.protocol.ToolCall;
import org.mlcengine.protocol.ToolChoice;

/** The whole loop of calling functions, on the real model. */
class ToolCallsTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Tool WEATHER =
      Tool.function(
          "get_weather",
          "Tells the weather in a city.",
          """
          {"type": "object", "properties": {"city": {"type": "string", "maxLength": 20},
          "unit": {"enum": ["celsius", "fahrenheit"]}}, "required": ["city", "unit"],
          "additionalProperties": false}""");
  private static final Tool TIME =
      Tool.function(
          "get_time",
          "Tells the time in a city.",
          """
          {"type": "object", "properties": {"hour": {"type": "integer", "minimum": 0, "maximum": 23}},
          "required": ["hour"], "additionalProperties": false}""");

  private static MLCEngine engine;

  @BeforeAll
  static void open() {
    engine = TestModel.open();
  }

  @AfterAll
  static void close() {
    engine.close();
  }

  private static ChatCompletionCreateParams.Builder ask(ToolChoice choice) {
    return ChatCompletionCreateParams.builder()
        .addUserMessage("What is the weather in Paris?")
        .addTool(WEATHER)
        .addTool(TIME)
        .toolChoice(choice)
        .parallelToolCalls(false)
        .maxTokens(120);
  }

  private static ChatCompletion.Choice create(ChatCompletionCreateParams.Builder request) {
    return engine.chat().completions().create(request.build()).choices().getFirst();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1, 1.5})
  void aRequiredCallHasArgumentsThatFollowTheSchema(double temperature) throws Exception {
    ChatCompletion.Choice choice =
        create(ask(ToolChoice.required()).temperature(temperature).seed(3));

    assertThat(choice.finishReason()).isEqualTo(FinishReason.TOOL_CALLS);
    assertThat(choice.message().content()).isEmpty();
    assertThat(choice.message().toolCalls()).hasSize(1);
    requireValid(choice.message().toolCalls().getFirst());
  }

  private static void requireValid(ToolCall call) throws Exception {
    assertThat(call.id()).startsWith("call_");
    JsonNode arguments = MAPPER.readTree(call.function().arguments());
    if (call.function().name().equals("get_weather")) {
      assertThat(arguments.get("city").asText()).hasSizeLessThanOrEqualTo(20);
      assertThat(arguments.get("unit").asText()).isIn("celsius", "fahrenheit");
    } else {
      assertThat(call.function().name()).isEqualTo("get_time");
      assertThat(arguments.get("hour").intValue()).isBetween(0, 23);
    }
  }

  @Test
  void aNamedFunctionIsCalled() throws Exception {
    ChatCompletion.Choice choice = create(ask(ToolChoice.named("get_time")).temperature(0));

    assertThat(choice.message().toolCalls())
        .extracting(call -> call.function().name())
        .containsExactly("get_time");
    requireValid(choice.message().toolCalls().getFirst());
  }

  @Test
  void aStreamOfACallAddsUpToTheWholeReply() {
    ChatCompletionCreateParams request =
        ask(ToolChoice.named("get_weather")).temperature(1).seed(8).build();
    ChatCompletion whole = engine.chat().completions().create(request);

    ChatCompletionAccumulator accumulator = ChatCompletionAccumulator.create();
    try (CompletionStream<ChatCompletionChunk> stream =
        engine.chat().completions().createStreaming(request)) {
      stream.forEach(accumulator::accumulate);
    }
    ChatCompletion.Choice joined = accumulator.chatCompletion().choices().getFirst();
    ChatCompletion.Choice expected = whole.choices().getFirst();
    assertThat(joined.finishReason()).isEqualTo(FinishReason.TOOL_CALLS);
    assertThat(joined.message().toolCalls())
        .extracting(ToolCall::function)
        .isEqualTo(expected.message().toolCalls().stream().map(ToolCall::function).toList());
  }

  @Test
  void theAnswerToACallIsTakenBack() {
    ChatCompletion.Choice call = create(ask(ToolChoice.named("get_weather")).temperature(0));
    String id = call.message().toolCalls().getFirst().id();

    ChatCompletionCreateParams.Builder next =
        ask(ToolChoice.none())
            .temperature(0)
            .addMessage(call.message())
            .addToolMessage(id, "{\"sky\": \"purple rain\", \"degrees\": 21}");
    ChatCompletion.Choice answer = create(next);

    assertThat(answer.message().toolCalls()).isEmpty();
    assertThat(answer.message().content().orElseThrow()).isNotBlank();
    assertThat(create(ask(ToolChoice.none()).temperature(0)).message())
        .isNotEqualTo(answer.message());
  }

  @Test
  void withoutToolsOrWithNoneTheReplyIsText() {
    ChatCompletion.Choice none = create(ask(ToolChoice.none()).temperature(0).maxTokens(20));

    assertThat(none.message().toolCalls()).isEmpty();
    assertThat(none.finishReason()).isIn(FinishReason.STOP, FinishReason.LENGTH);
  }

  @Test
  void theModelChoosesByItself() {
    ChatCompletion.Choice choice = create(ask(ToolChoice.auto()).temperature(0).maxTokens(60));

    boolean called = !choice.message().toolCalls().isEmpty();
    assertThat(called || choice.message().content().isPresent()).isTrue();
    assertThat(choice.finishReason() == FinishReason.TOOL_CALLS)
        .isEqualTo(called && choice.finishReason() != FinishReason.LENGTH);
  }

  @Test
  void anotherFormBesideAChoiceIsRefusedByName() {
    assertThatThrownBy(
            () -> create(ask(ToolChoice.auto()).responseFormat(new ResponseFormat.JsonObject())))
        .isInstanceOfSatisfying(
            InvalidRequestException.class,
            e -> assertThat(e.parameter()).isEqualTo("response_format"));
    assertThat(create(ask(ToolChoice.none()).responseFormat(new ResponseFormat.Regex("yes|no"))))
        .satisfies(
            choice -> assertThat(choice.message().content().orElseThrow()).isIn("yes", "no"));
  }

  @Test
  void parametersThatCannotBeEnforcedAreRefusedByName() {
    Tool broken = Tool.function("f", "d", "{\"type\": \"nonsense\"}");
    assertThatThrownBy(
            () ->
                create(
                    ChatCompletionCreateParams.builder()
                        .addUserMessage("Hi")
                        .tools(List.of(broken))
                        .toolChoice(ToolChoice.required())))
        .isInstanceOfSatisfying(
            InvalidRequestException.class, e -> assertThat(e.parameter()).startsWith("tools"));
  }

  @Test
  void aMessageOfTheReplyCanBeAddedAsItIs() {
    ChatMessage message =
        ChatMessage.assistant(
            Optional.empty(), List.of(ToolCall.of("call_1", "get_time", "{\"hour\": 5}")));
    ChatCompletion.Choice answer =
        create(
            ask(ToolChoice.none())
                .addMessage(message)
                .addToolMessage("call_1", "five o'clock")
                .temperature(0)
                .maxTokens(10));
    assertThat(answer.message().content()).isPresent();
  }
}
