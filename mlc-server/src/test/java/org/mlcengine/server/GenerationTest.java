package org.mlcengine.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mlcengine.server.TestClient.CHAT;
import static org.mlcengine.server.TestClient.HELLO;
import static org.mlcengine.server.TestClient.hello;
import static org.mlcengine.server.TestClient.json;
import static org.mlcengine.server.TestClient.post;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mlcengine.errors.ContextLengthExceededException;
import org.mlcengine.errors.EngineClosedException;
import org.mlcengine.errors.EngineFailedException;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.errors.ModelNotLoadedException;
import org.mlcengine.errors.QueueFullException;
import org.mlcengine.errors.RequestTimeoutException;

/** Replies, whole and streamed, and the errors that come instead of them or in their middle. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GenerationTest {
  private static final String COMPLETIONS = "/v1/completions";

  @Test
  void aWholeChatReplyHasTheShapeOfTheApi() {
    try (MlcServer server = TestServers.start(new ScriptedModel("Hel", "lo"))) {
      HttpResponse<String> response = post(server, CHAT, HELLO);

      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.headers().firstValue("content-type")).hasValue("application/json");
      JsonNode reply = json(response);
      assertThat(reply.at("/choices/0/message/content").asText()).isEqualTo("Hello");
      assertThat(reply.path("model").asText()).isEqualTo("scripted");
      assertThat(reply.at("/usage/total_tokens").asInt()).isEqualTo(9);
    }
  }

  @Test
  void aWholeCompletionHasTheShapeOfTheApi() {
    try (MlcServer server = TestServers.start(new ScriptedModel("a", "b"))) {
      JsonNode reply = json(post(server, COMPLETIONS, "{\"prompt\":\"x\"}"));

      assertThat(reply.path("object").asText()).isEqualTo("text_completion");
      assertThat(reply.at("/choices/0/text").asText()).isEqualTo("ab");
    }
  }

  @Test
  void aStreamSendsEachPieceWhenItIsThere() throws IOException {
    ScriptedModel model = new ScriptedModel("Hel", "lö", "!").held();
    try (MlcServer server = TestServers.start(model);
        RawClient client = new RawClient(server)) {
      client.post(CHAT, hello("\"stream\":true"));
      List<String> pieces = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        model.step(1);
        if (i == 0) {
          assertThat(client.head())
              .contains("HTTP/1.1 200 OK")
              .anyMatch(
                  line -> line.equalsIgnoreCase("Content-Type: text/event-stream; charset=utf-8"));
        }
        pieces.add(event(client.chunk()).at("/choices/0/delta/content").asText());
      }

      assertThat(pieces).containsExactly("Hel", "lö", "!");
      assertThat(client.chunk()).isEqualTo("data: [DONE]\n\n");
      assertThat(client.chunk()).isEmpty();
    }
  }

  private static JsonNode event(String text) {
    assertThat(text).startsWith("data: ").endsWith("\n\n");
    return json(text.substring("data: ".length()));
  }

  @Test
  void theUsageOfAStreamIsSentIfItIsAskedFor() {
    try (MlcServer server = TestServers.start(new ScriptedModel("a", "b"))) {
      for (String path : List.of(CHAT, COMPLETIONS)) {
        String body = path.equals(CHAT) ? HELLO : "{\"prompt\":\"x\"}";
        String fields = body.substring(0, body.length() - 1) + ",\"stream\":true";
        String without = post(server, path, fields + "}").body();
        String with =
            post(server, path, fields + ",\"stream_options\":{\"include_usage\":true}}").body();

        assertThat(without).doesNotContain("usage").endsWith("data: [DONE]\n\n");
        List<String> events = with.lines().filter(line -> !line.isEmpty()).toList();
        JsonNode last = json(events.get(events.size() - 2).substring("data: ".length()));
        assertThat(last.path("choices")).isEmpty();
        assertThat(last.at("/usage/prompt_tokens").asInt()).isEqualTo(7);
      }
    }
  }

  @Test
  void theModelIsChosenByItsName() {
    try (MlcServer server = TestServers.start(new ScriptedModel("one"), new ScriptedModel("two"))) {
      assertThat(post(server, CHAT, HELLO).body()).contains("\"one\"", "\"first\"");
      assertThat(post(server, CHAT, hello("\"model\":\"second\"")).body())
          .contains("\"two\"", "\"second\"");
    }
  }

  @Test
  void aRefusalBecomesItsStatus() {
    check(new InvalidRequestException("seed", "is odd"), 400, "null", "seed");
    check(new ContextLengthExceededException(9, 5), 400, "context_length_exceeded", "messages");
    check(
        new ContextLengthExceededException("input[1]", 9, 5),
        400,
        "context_length_exceeded",
        "input[1]");
    check(new EngineClosedException(), 503, "model_closed", "null");
    check(new ModelNotLoadedException(), 503, "model_not_loaded", "null");
    check(new RequestTimeoutException(Duration.ofSeconds(1)), 503, "request_timeout", "null");
    check(new EngineFailedException("secret"), 500, "null", "null");
    check(new QueueFullException(3, 3), 429, "rate_limit_exceeded", "null");
  }

  private static void check(RuntimeException refusal, int status, String code, String param) {
    try (MlcServer server = TestServers.start(new ScriptedModel("a").refusing(refusal))) {
      for (String body : List.of(HELLO, hello("\"stream\":true"))) {
        HttpResponse<String> response = post(server, CHAT, body);
        assertThat(response.statusCode()).as(body).isEqualTo(status);
        JsonNode error = TestClient.error(response);
        assertThat(error.path("code").asText()).isEqualTo(code);
        assertThat(error.path("param").asText()).isEqualTo(param);
        assertThat(error.path("message").asText()).isNotEmpty().doesNotContain("secret");
        assertThat(response.headers().firstValue("retry-after").isPresent())
            .isEqualTo(status == 429 || status == 503);
      }
    }
  }

  @Test
  void embeddingsHaveTheShapeOfTheApi() {
    try (MlcServer server = TestServers.start(new ScriptedModel("a"))) {
      JsonNode reply = json(post(server, "/v1/embeddings", "{\"input\":\"a\"}"));

      assertThat(reply.path("object").asText()).isEqualTo("list");
      assertThat(reply.at("/data/0/embedding").toString()).isEqualTo("[0.5,-1.0]");
      assertThat(reply.path("model").asText()).isEqualTo("scripted");
    }
  }

  @Test
  void aFailureInTheMiddleOfAStreamIsAnEvent() {
    ScriptedModel model = new ScriptedModel("a").failing(new EngineFailedException("secret"));
    try (MlcServer server = TestServers.start(model)) {
      HttpResponse<String> response = post(server, CHAT, hello("\"stream\":true"));

      List<String> events = response.body().lines().filter(line -> !line.isEmpty()).toList();
      assertThat(events).hasSize(2);
      JsonNode error = json(events.getLast().substring("data: ".length())).path("error");
      assertThat(error.path("type").asText()).isEqualTo("server_error");
      assertThat(error.path("message").asText())
          .contains(response.headers().firstValue("x-request-id").orElseThrow())
          .doesNotContain("secret");
    }
  }

  @Test
  void aFailureBeforeTheFirstPieceIsAStatus() {
    ScriptedModel model = new ScriptedModel().failing(new EngineClosedException());
    try (MlcServer server = TestServers.start(model)) {
      assertThat(post(server, CHAT, hello("\"stream\":true")).statusCode()).isEqualTo(503);
    }
  }
}
