package org.mlcengine.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mlcengine.errors.InvalidRequestException;

class CreateParamsTest {
  private static final Tool TOOL = Tool.function("f", "does", "{}");

  private static ChatCompletionCreateParams.Builder chat() {
    return ChatCompletionCreateParams.builder().addUserMessage("hi");
  }

  private static Arguments refused(
      String parameter, String found, UnaryOperator<ChatCompletionCreateParams.Builder> setting) {
    return Arguments.of(parameter, found, setting);
  }

  static Stream<Arguments> refusals() {
    return Stream.of(
        refused("temperature", "-0.1", b -> b.temperature(-0.1)),
        refused("temperature", "NaN", b -> b.temperature(Double.NaN)),
        refused("temperature", "Infinity", b -> b.temperature(Double.POSITIVE_INFINITY)),
        refused("top_p", "1.01", b -> b.topP(1.01)),
        refused("top_p", "-0.5", b -> b.topP(-0.5)),
        refused("presence_penalty", "2.5", b -> b.presencePenalty(2.5)),
        refused("presence_penalty", "NaN", b -> b.presencePenalty(Double.NaN)),
        refused("frequency_penalty", "-2.5", b -> b.frequencyPenalty(-2.5)),
        refused("repetition_penalty", "0.0", b -> b.repetitionPenalty(0)),
        refused(
            "repetition_penalty", "Infinity", b -> b.repetitionPenalty(Double.POSITIVE_INFINITY)),
        refused("logit_bias.7", "100.5", b -> b.logitBias(Map.of(7, 100.5))),
        refused("logit_bias", "-3", b -> b.logitBias(Map.of(-3, 1.0))),
        refused("max_tokens", "0", b -> b.maxTokens(0)),
        refused("max_tokens", "-1", b -> b.maxCompletionTokens(-1)),
        refused("n", "0", b -> b.n(0)),
        refused("n", "129", b -> b.n(129)),
        refused("top_k", "-2", b -> b.topK(-2)),
        refused("min_p", "1.5", b -> b.minP(1.5)),
        refused("top_logprobs", "21", b -> b.logprobs(true).topLogprobs(21)),
        refused("top_logprobs", "found 3", b -> b.topLogprobs(3)),
        refused("tool_choice", "none", b -> b.toolChoice(ToolChoice.required())),
        refused("tool_choice.function.name", "\"g\"", b -> b.toolChoice(ToolChoice.named("g"))),
        refused("tools[0].function.name", "\"\"", b -> b.addTool(Tool.function("", "does", "{}"))),
        refused(
            "tools[1].function.name",
            "\"f\" again",
            b -> b.addTool(TOOL).addTool(Tool.function("f", "does more", "{}"))),
        refused(
            "response_format.json_schema.name",
            "\"a b\"",
            b -> b.responseFormat(new ResponseFormat.JsonSchema("a b", "{}"))),
        refused(
            "messages[1].content",
            "nothing",
            b -> b.addMessage(ChatMessage.assistant(Optional.empty(), List.of()))),
        refused("messages[1].tool_call_id", "\"c\"", b -> b.addToolMessage("c", "42")),
        refused("stop", "[a, ]", b -> b.stop("a", "")),
        refused("messages", "none", b -> b.messages(List.of())),
        refused("messages[1].role", "after 1", b -> b.addSystemMessage("late")));
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void namesWhatItRefuses(
      String parameter, String found, UnaryOperator<ChatCompletionCreateParams.Builder> setting) {
    assertThatThrownBy(() -> setting.apply(chat()).build())
        .isInstanceOfSatisfying(
            InvalidRequestException.class, e -> assertThat(e.parameter()).isEqualTo(parameter))
        .hasMessageContaining("expected")
        .hasMessageContaining(found);
  }

  @Test
  void acceptsTheEdgesOfEachRange() {
    ChatCompletionCreateParams params =
        chat()
            .temperature(0)
            .topP(0)
            .presencePenalty(-2)
            .frequencyPenalty(2)
            .repetitionPenalty(Double.MIN_VALUE)
            .logitBias(Map.of(0, -100.0, Integer.MAX_VALUE, 100.0))
            .maxTokens(1)
            .build();
    assertThat(params.temperature()).hasValue(0);
    assertThat(params.repetitionPenalty()).hasValue(Double.MIN_VALUE);
    assertThat(params.logitBias()).hasSize(2);
  }

  @Test
  void leavesUnsetValuesToTheModel() {
    ChatCompletionCreateParams params = chat().build();
    assertThat(params.temperature()).isEmpty();
    assertThat(params.seed()).isEmpty();
    assertThat(params.maxTokens()).isEmpty();
    assertThat(params.model()).isEmpty();
    assertThat(params.n()).isEqualTo(1);
    assertThat(params.ignoreEos()).isFalse();
    assertThat(params.topK()).isEmpty();
    assertThat(params.logprobs()).isFalse();
    assertThat(params.topLogprobs()).isZero();
    assertThat(params.tools()).isEmpty();
    assertThat(params.toolChoice()).isEqualTo(ToolChoice.none());
    assertThat(params.parallelToolCalls()).isTrue();
    assertThat(params.responseFormat()).isEmpty();
    assertThat(params.stream()).isFalse();
  }

  @Test
  void toolsLeaveTheChoiceToTheModel() {
    assertThat(chat().addTool(TOOL).build().toolChoice()).isEqualTo(ToolChoice.auto());
    assertThat(chat().addTool(TOOL).toolChoice(ToolChoice.none()).build().toolChoice())
        .isEqualTo(ToolChoice.none());
  }

  @Test
  void aCallMayBeAnsweredInAnyLaterMessage() {
    ChatCompletionCreateParams params =
        chat()
            .addMessage(
                ChatMessage.assistant(
                    Optional.of("let me see"),
                    List.of(ToolCall.of("1", "f", "{}"), ToolCall.of("2", "f", "{}"))))
            .addToolMessage("2", "b")
            .addUserMessage("and?")
            .addToolMessage("1", "a")
            .build();
    assertThat(params.messages()).hasSize(5);
  }

  @Test
  void askingForTheUsageOfAStreamAsksForAStream() {
    assertThat(chat().includeUsage(true).build().stream()).isTrue();
  }

  @Test
  void contentIsTheJoinedParts() {
    ChatMessage message = ChatMessage.user(List.of("a", "b")).withName("me");
    assertThat(message.content()).contains("ab");
    assertThat(message.parts()).containsExactly("a", "b");
    assertThat(message.name()).contains("me");
    assertThat(new ChatMessage(Role.ASSISTANT, Optional.empty()).content()).isEmpty();
  }

  @Test
  void aBuiltRequestNoLongerChanges() {
    List<String> stops = new ArrayList<>(List.of("a"));
    int[] ids = {1, 2};
    ChatCompletionCreateParams.Builder builder = chat().stop(stops);
    CompletionCreateParams text = CompletionCreateParams.builder().promptTokens(ids).build();
    ChatCompletionCreateParams before = builder.build();
    stops.add("b");
    ids[0] = 9;
    text.promptTokens().orElseThrow()[1] = 9;
    builder.addAssistantMessage("there").temperature(1);

    assertThat(before.stop()).containsExactly("a");
    assertThat(before.messages()).hasSize(1);
    assertThat(before.temperature()).isEmpty();
    assertThat(text.promptTokens().orElseThrow()).containsExactly(1, 2);
  }

  @Test
  void toBuilderKeepsEverything() {
    ChatCompletionCreateParams params = ProtocolJsonTest.fullChat();
    assertThat(params.toBuilder().build()).usingRecursiveComparison().isEqualTo(params);
    CompletionCreateParams text = CompletionCreateParams.builder().prompt("x").seed(3).build();
    assertThat(text.toBuilder().build()).usingRecursiveComparison().isEqualTo(text);
  }

  @Test
  void anEchoedPromptIsNotToldWithProbabilities() {
    CompletionCreateParams.Builder text = CompletionCreateParams.builder().prompt("x").echo(true);
    assertThat(text.build().echo()).isTrue();
    assertThatThrownBy(() -> text.logprobs(1).build())
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageStartingWith("echo: ")
        .hasMessageContaining("leave out echo");
    assertThat(text.echo(false).build().logprobs()).hasValue(1);
  }

  @Test
  void aTextCompletionNeedsAPrompt() {
    assertThatThrownBy(() -> CompletionCreateParams.builder().build())
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageStartingWith("prompt: ");
    assertThatThrownBy(() -> CompletionCreateParams.builder().promptTokens(5, -1).build())
        .hasMessageContaining("-1");
  }

  @Test
  void anEmptyTextIsAText() {
    assertThat(chat().messages(List.of(ChatMessage.system(""), ChatMessage.user(""))).build())
        .satisfies(p -> assertThat(p.messages()).hasSize(2));
  }
}
