package org.mlcengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mlcengine.errors.IncompleteReplyException;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.protocol.ChatCompletion;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.FinishReason;
import org.mlcengine.protocol.ResponseFormat;
import org.mlcengine.protocol.StructuredChatCompletion;

/** Replies in a given form on the real model. */
class StructuredReplyTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String POINT =
      """
      {"type": "object", "properties": {"x": {"type": "integer", "minimum": 0, "maximum": 9},
      "name": {"enum": ["north", "south"]}}, "required": ["x", "name"],
      "additionalProperties": false}""";

  private static MLCEngine engine;

  @BeforeAll
  static void open() {
    engine = TestModel.open();
  }

  @AfterAll
  static void close() {
    engine.close();
  }

  record City(String name, Kind kind, int founded) {
    enum Kind {
      VILLAGE,
      TOWN,
      CAPITAL
    }
  }

  private static ChatCompletionCreateParams.Builder ask(String question) {
    return ChatCompletionCreateParams.builder().addUserMessage(question).maxTokens(200);
  }

  private static ChatCompletion.Choice create(ChatCompletionCreateParams.Builder request) {
    return engine.chat().completions().create(request.build()).choices().getFirst();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1, 1.5, 10})
  void aReplyFollowsItsSchemaAtAnyTemperature(double temperature) throws Exception {
    ChatCompletion.Choice choice =
        create(
            ask("Where are you?")
                .temperature(temperature)
                .seed(5)
                .responseFormat(new ResponseFormat.JsonSchema("point", POINT)));

    assertThat(choice.finishReason()).isEqualTo(FinishReason.STOP);
    JsonNode reply = MAPPER.readTree(choice.message().content().orElseThrow());
    assertThat(reply.get("x").intValue()).isBetween(0, 9);
    assertThat(reply.get("name").asText()).isIn("north", "south");
    assertThat(reply).hasSize(2);
  }

  @Test
  void aReplyIsReadAsARecord() {
    StructuredChatCompletion<City> reply =
        engine
            .chat()
            .completions()
            .create(ask("Describe Paris.").temperature(0).responseFormat(City.class).build());

    City city = reply.choices().getFirst().message().content().orElseThrow();
    assertThat(city.name()).isNotNull();
    assertThat(city.kind()).isNotNull();
  }

  @Test
  void aReplyThatIsCutSaysSo() {
    StructuredChatCompletion<City> reply =
        engine
            .chat()
            .completions()
            .create(ask("Paris").maxTokens(3).temperature(0).responseFormat(City.class).build());

    assertThat(reply.choices().getFirst().finishReason()).isEqualTo(FinishReason.LENGTH);
    assertThatThrownBy(() -> reply.choices().getFirst().message().content())
        .isInstanceOf(IncompleteReplyException.class);
  }

  @Test
  void regularExpressionsAndGrammarsAreKeptToo() {
    assertThat(text(new ResponseFormat.Regex("[a-c]{2}-\\d{3}"))).matches("[a-c]{2}-\\d{3}");
    assertThat(text(new ResponseFormat.Ebnf("root ::= (\"yes\" | \"no\") \"!\"")))
        .matches("(yes|no)!");
    assertThat(text(new ResponseFormat.JsonObject())).startsWith("{");
  }

  private static String text(ResponseFormat format) {
    return create(ask("Yes or no?").temperature(1).seed(3).responseFormat(format))
        .message()
        .content()
        .orElseThrow();
  }

  @Test
  void theEndOfTheGrammarEndsTheReplyEvenWhenStopsAreIgnored() {
    ChatCompletion.Choice choice =
        create(ask("Yes?").ignoreEos(true).responseFormat(new ResponseFormat.Regex("yes|no")));

    assertThat(choice.message().content().orElseThrow()).isIn("yes", "no");
    assertThat(choice.finishReason()).isEqualTo(FinishReason.STOP);
  }

  @Test
  void aMalformedSchemaIsRefusedByName() {
    String schema = "{\"type\": \"nonsense\"}";
    assertThatThrownBy(
            () -> create(ask("Hi").responseFormat(new ResponseFormat.JsonSchema("a", schema))))
        .isInstanceOfSatisfying(
            InvalidRequestException.class,
            e -> assertThat(e.parameter()).startsWith("response_format"));
  }

  @Test
  void repliesOfDifferentFormsRunSideBySide() throws Exception {
    List<ResponseFormat> formats =
        List.of(
            new ResponseFormat.Regex("[0-9]{12}"),
            new ResponseFormat.Text(),
            new ResponseFormat.JsonSchema("point", POINT),
            new ResponseFormat.Regex("(ab){6}"));
    List<String> alone = new ArrayList<>();
    for (ResponseFormat format : formats) {
      alone.add(seeded(format));
    }
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<String>> tasks = new ArrayList<>();
      formats.forEach(format -> tasks.add(() -> seeded(format)));
      List<String> together = new ArrayList<>();
      for (Future<String> reply : callers.invokeAll(tasks)) {
        together.add(reply.get());
      }
      assertThat(together).isEqualTo(alone);
    }
  }

  private static String seeded(ResponseFormat format) {
    return create(
            ask("Tell me something.")
                .temperature(1)
                .topP(0.9)
                .topK(50)
                .minP(0.01)
                .seed(11)
                .maxTokens(24)
                .responseFormat(format))
        .message()
        .content()
        .orElseThrow();
  }
}
