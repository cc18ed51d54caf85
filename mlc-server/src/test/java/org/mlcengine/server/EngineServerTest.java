package org.mlcengine.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mlcengine.server.TestClient.CHAT;
import static org.mlcengine.server.TestClient.get;
import static org.mlcengine.server.TestClient.json;
import static org.mlcengine.server.TestClient.post;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mlcengine.MLCEngine;

/** A server of the default model, as it is used. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class EngineServerTest {
  private static final String ASK =
      "{\"messages\":[{\"role\":\"user\",\"content\":\"Name the capital of France.\"}],\"temperature\":0";
  private static final String STORY =
      "{\"messages\":[{\"role\":\"user\",\"content\":\"Tell me a long story.\"}],\"ignore_eos\":true";

  private static MLCEngine engine;
  private static MlcServer server;

  @BeforeAll
  static void start() {
    engine =
        MLCEngine.builder()
            .model(model())
            .contextWindowSize(512)
            .maxNumSequence(1)
            .maxQueue(128)
            .build();
    server = TestServers.builder().engine("small", engine).start();
  }

  /** Returns the default model's folder, which the build makes before. */
  static Path model() {
    return read("mlc.test.model", "default-model.path");
  }

  /** Returns the folder of the model that makes embeddings. */
  static Path encoder() {
    return read("mlc.test.embedding", "embedding-model.path");
  }

  private static Path read(String property, String file) {
    Path pointer = Path.of(System.getProperty(property, "../mlc-native/target/" + file));
    try {
      return Path.of(Files.readString(pointer).strip());
    } catch (IOException e) {
      throw new UncheckedIOException("Run mvn verify from the root", e);
    }
  }

  @AfterAll
  static void stop() {
    server.close();
    engine.close();
  }

  @AfterEach
  void awaitFree() {
    await("mlc_batch_size{model=\"small\"} 0");
  }

  private static void await(String metric) {
    while (!get(server, "/metrics").body().contains(metric + "\n")) {
      Thread.onSpinWait();
    }
  }

  @Test
  void aChatIsAnsweredWholeAndInPieces() {
    HttpResponse<String> whole = post(server, CHAT, ASK + "}");
    assertThat(json(whole).at("/choices/0/message/content").asText())
        .isEqualTo("The capital of France is Paris.");
    assertThat(json(whole).path("model").asText()).isEqualTo("small");

    StringBuilder text = new StringBuilder();
    post(server, CHAT, ASK + ",\"stream\":true}")
        .body()
        .lines()
        .filter(line -> line.startsWith("data: {"))
        .map(line -> json(line.substring("data: ".length())))
        .forEach(chunk -> text.append(chunk.at("/choices/0/delta/content").asText("")));
    assertThat(text.toString()).isEqualTo("The capital of France is Paris.");
  }

  @Test
  void aPromptThatDoesNotFitIsAnErrorWithBothCounts() {
    JsonNode error =
        TestClient.error(post(server, CHAT, ASK.replace("Name", "word ".repeat(600)) + "}"));

    assertThat(error.path("code").asText()).isEqualTo("context_length_exceeded");
    assertThat(error.path("message").asText()).contains("511");
    assertThat(error.path("param").asText()).isEqualTo("messages");

    String text = "{\"prompt\":\"" + "word ".repeat(600) + "\"}";
    error = TestClient.error(post(server, "/v1/completions", text));
    assertThat(error.path("code").asText()).isEqualTo("context_length_exceeded");
    assertThat(error.path("param").asText()).isEqualTo("prompt");
  }

  @Test
  void clientsThatGoGiveTheirPlaceBack() throws IOException {
    for (String fields : List.of("}", ",\"stream\":true}")) {
      for (int i = 0; i < 5; i++) {
        try (RawClient client = new RawClient(server)) {
          client.post(CHAT, STORY + fields);
          if (fields.contains("stream")) {
            client.head();
          }
        }
      }
    }
    awaitFree();
    assertThat(post(server, CHAT, ASK + "}").statusCode()).isEqualTo(200);
  }

  @Test
  void aFullQueueRefusesWithTheTimeToComeBack() throws IOException {
    try (RawClient client = new RawClient(server)) {
      client.post(CHAT, STORY + ",\"n\":128}");
      await("mlc_batch_size{model=\"small\"} 1");

      HttpResponse<String> refused = post(server, CHAT, ASK + ",\"n\":100}");

      assertThat(refused.statusCode()).isEqualTo(429);
      assertThat(refused.headers().firstValue("retry-after")).isPresent();
    }
  }

  @Test
  void theMetricsAreTheEngines() {
    post(server, CHAT, ASK + "}");

    assertThat(get(server, "/metrics").body())
        .contains("mlc_batch_size_limit{model=\"small\"} 1")
        .containsPattern("mlc_decode_tokens_total\\{model=\"small\"} [1-9]")
        .containsPattern("mlc_time_to_first_token_seconds_count\\{model=\"small\"} [1-9]");
  }
}
