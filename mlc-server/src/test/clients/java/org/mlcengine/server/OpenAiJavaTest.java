package org.mlcengine.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.UnauthorizedException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.ResponseFormatJsonSchema;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionFunctionTool;
import com.openai.models.chat.completions.ChatCompletionMessage;
import com.openai.models.chat.completions.ChatCompletionMessageFunctionToolCall;
import com.openai.models.chat.completions.ChatCompletionNamedToolChoice;
import com.openai.models.chat.completions.ChatCompletionToolMessageParam;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams.EncodingFormat;
import com.openai.models.models.Model;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** OpenAI's own client for Java, as its documentation uses it. */
class OpenAiJavaTest {
  private static final Map<String, Object> SCHEMA =
      Map.of(
          "type",
          "object",
          "properties",
          Map.of("city", Map.of("type", "string", "maxLength", 20)),
          "required",
          List.of("city"),
          "additionalProperties",
          false);

  private static ClientServer server;
  private static OpenAIClient client;
  private static String model;

  @BeforeAll
  static void start() {
    server = new ClientServer(2048);
    client = client(ClientServer.KEY);
    model = client.models().list().data().getFirst().id();
  }

  private static OpenAIClient client(String key) {
    return OpenAIOkHttpClient.builder()
        .baseUrl(server.url() + "v1")
        .apiKey(key)
        .maxRetries(0)
        .build();
  }

  @AfterAll
  static void stop() {
    client.close();
    server.close();
  }

  private static ChatCompletionCreateParams.Builder ask(String text) {
    return ChatCompletionCreateParams.builder()
        .model(model)
        .addUserMessage(text)
        .temperature(0)
        .maxCompletionTokens(60);
  }

  private static ChatCompletionCreateParams.Builder ask() {
    return ask("Name the capital of France.");
  }

  @Test
  void models() {
    Model one = client.models().retrieve(model);
    assertThat(one.id()).isEqualTo(model);
    assertThat(client.models().list().data())
        .extracting(Model::id)
        .containsExactly(one.id(), ClientServer.ENCODER);
  }

  @Test
  void chat() {
    ChatCompletion reply = client.chat().completions().create(ask().build());

    assertThat(reply.validate().choices().getFirst().message().content().orElseThrow())
        .contains("Paris");
    assertThat(reply.usage().orElseThrow().completionTokens()).isPositive();
  }

  @Test
  void streaming() {
    ChatCompletionAccumulator whole = ChatCompletionAccumulator.create();
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(ask().build())) {
      stream.stream().map(ChatCompletionChunk::validate).forEach(whole::accumulate);
    }
    assertThat(whole.chatCompletion().choices().getFirst().message().content().orElseThrow())
        .contains("Paris");
  }

  private static ChatCompletionFunctionTool weather() {
    FunctionParameters.Builder parameters = FunctionParameters.builder();
    SCHEMA.forEach((name, value) -> parameters.putAdditionalProperty(name, JsonValue.from(value)));
    return ChatCompletionFunctionTool.builder()
        .function(
            FunctionDefinition.builder()
                .name("get_weather")
                .description("Tells the weather of a city.")
                .parameters(parameters.build())
                .strict(true)
                .build())
        .build();
  }

  @Test
  void tools() throws Exception {
    ChatCompletionCreateParams.Builder request =
        ask("What is the weather in Paris?").addTool(weather());
    ChatCompletionMessage message =
        client
            .chat()
            .completions()
            .create(
                request
                    .toolChoice(
                        ChatCompletionNamedToolChoice.builder()
                            .function(
                                ChatCompletionNamedToolChoice.Function.builder()
                                    .name("get_weather")
                                    .build())
                            .build())
                    .build())
            .choices()
            .getFirst()
            .message();
    ChatCompletionMessageFunctionToolCall call =
        message.toolCalls().orElseThrow().getFirst().asFunction();
    assertThat(call.function().name()).isEqualTo("get_weather");
    assertThat(TestClient.json(call.function().arguments()).path("city").isTextual()).isTrue();

    ChatCompletion answer =
        client
            .chat()
            .completions()
            .create(
                request
                    .addMessage(message)
                    .addMessage(
                        ChatCompletionToolMessageParam.builder()
                            .toolCallId(call.id())
                            .content("Sunny, 20 C.")
                            .build())
                    .toolChoice(
                        com.openai.models.chat.completions.ChatCompletionToolChoiceOption.Auto.NONE)
                    .build());
    assertThat(answer.choices().getFirst().message().content().orElseThrow()).isNotEmpty();
  }

  @Test
  void jsonSchema() {
    ResponseFormatJsonSchema.JsonSchema.Schema.Builder schema =
        ResponseFormatJsonSchema.JsonSchema.Schema.builder();
    SCHEMA.forEach((name, value) -> schema.putAdditionalProperty(name, JsonValue.from(value)));
    ChatCompletion reply =
        client
            .chat()
            .completions()
            .create(
                ask()
                    .responseFormat(
                        ResponseFormatJsonSchema.builder()
                            .jsonSchema(
                                ResponseFormatJsonSchema.JsonSchema.builder()
                                    .name("city")
                                    .schema(schema.build())
                                    .strict(true)
                                    .build())
                            .build())
                    .build());

    JsonNode value = TestClient.json(reply.choices().getFirst().message().content().orElseThrow());
    assertThat(value.properties()).extracting(Map.Entry::getKey).isEqualTo(List.of("city"));
  }

  @Test
  void logprobs() {
    ChatCompletion reply =
        client
            .chat()
            .completions()
            .create(ask().logprobs(true).topLogprobs(3).maxCompletionTokens(5).build());

    assertThat(reply.choices().getFirst().logprobs().orElseThrow().content().orElseThrow())
        .isNotEmpty()
        .allMatch(token -> token.topLogprobs().size() == 3 && token.logprob() <= 0);
  }

  private static EmbeddingCreateParams.Builder embed() {
    return EmbeddingCreateParams.builder().model(ClientServer.ENCODER);
  }

  private static double cosine(List<Float> a, float[] b) {
    assertThat(a).hasSize(b.length);
    double product = 0;
    double squares = 0;
    double otherSquares = 0;
    for (int i = 0; i < b.length; i++) {
      product += a.get(i) * b[i];
      squares += a.get(i) * a.get(i);
      otherSquares += b[i] * b[i];
    }
    return product / Math.sqrt(squares * otherSquares);
  }

  @Test
  void embeddings() {
    List<float[]> expected = server.vectors();
    for (EncodingFormat format : List.of(EncodingFormat.FLOAT, EncodingFormat.BASE64)) {
      CreateEmbeddingResponse reply =
          client
              .embeddings()
              .create(
                  embed().inputOfArrayOfStrings(ClientServer.TEXTS).encodingFormat(format).build());
      assertThat(reply.data()).hasSize(expected.size());
      assertThat(reply.usage().promptTokens()).isPositive();
      for (int i = 0; i < expected.size(); i++) {
        assertThat(cosine(reply.data().get(i).embedding(), expected.get(i)))
            .as("%s, text %d", format, i)
            .isGreaterThan(0.999999);
      }
    }
    List<Float> alone =
        client
            .embeddings()
            .create(embed().input(ClientServer.TEXTS.get(1)).build())
            .data()
            .getFirst()
            .embedding();
    assertThat(cosine(alone, expected.get(1))).isGreaterThan(0.999999);
  }

  @Test
  void embeddingsThatCannotBeMade() {
    Map<String, EmbeddingCreateParams> wrong =
        Map.of(
            "dimensions", embed().input("x").dimensions(3).build(),
            "input", embed().input("word ".repeat(5000)).build(),
            "model", embed().input("x").model(model).build());
    wrong.forEach(
        (param, request) ->
            assertThatThrownBy(() -> client.embeddings().create(request))
                .isInstanceOfSatisfying(
                    BadRequestException.class, e -> assertThat(e.param()).hasValue(param)));
  }

  @Test
  void errors() {
    assertThatThrownBy(() -> client.chat().completions().create(ask().model("none").build()))
        .isInstanceOfSatisfying(
            NotFoundException.class, e -> assertThat(e.code()).hasValue("model_not_found"));
    assertThatThrownBy(() -> client.chat().completions().create(ask().temperature(-1).build()))
        .isInstanceOfSatisfying(
            BadRequestException.class, e -> assertThat(e.param()).hasValue("temperature"));
    try (OpenAIClientCloser wrong = new OpenAIClientCloser(client("wrong"))) {
      assertThatThrownBy(() -> wrong.client().models().list())
          .isInstanceOf(UnauthorizedException.class);
    }
  }

  private record OpenAIClientCloser(OpenAIClient client) implements AutoCloseable {
    @Override
    public void close() {
      client.close();
    }
  }

  @Test
  void cancelling() {
    for (int i = 0; i < 12; i++) {
      try (StreamResponse<ChatCompletionChunk> stream =
          client
              .chat()
              .completions()
              .createStreaming(
                  ask("Tell me a very long story.").maxCompletionTokens(1900).build())) {
        assertThat(stream.stream().findFirst()).isPresent();
      }
    }
    chat();
  }
}
