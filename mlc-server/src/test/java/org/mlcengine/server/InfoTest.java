package org.mlcengine.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mlcengine.server.TestClient.CHAT;
import static org.mlcengine.server.TestClient.HELLO;
import static org.mlcengine.server.TestClient.get;
import static org.mlcengine.server.TestClient.hello;
import static org.mlcengine.server.TestClient.json;
import static org.mlcengine.server.TestClient.post;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a server tells of itself and its models. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class InfoTest {
  private static final Pattern SAMPLE =
      Pattern.compile("[a-z_]+(\\{[a-z]+=\"[^\"]*\"(,[a-z]+=\"[^\"]*\")*})? [0-9.E+-]+");

  @Test
  void modelsAreListedInTheirOrder() {
    try (MlcServer server = TestServers.start(new ScriptedModel("1"), new ScriptedModel("2"))) {
      JsonNode list = json(get(server, "/v1/models"));
      assertThat(list.path("object").asText()).isEqualTo("list");
      assertThat(list.path("data").findValuesAsText("id")).containsExactly("first", "second");

      JsonNode second = json(get(server, "/v1/models/second"));
      assertThat(second).isEqualTo(list.path("data").get(1));
      assertThat(second.path("context_window").asInt()).isEqualTo(4096);
      assertThat(get(server, "/v1/models/third").statusCode()).isEqualTo(404);
    }
  }

  @Test
  void metricsCountAnswersAndTokens() {
    try (MlcServer server = TestServers.start(new ScriptedModel("a", "b", "c"))) {
      post(server, CHAT, HELLO);
      post(server, CHAT, hello("\"stream\":true"));
      post(server, CHAT, "{");

      HttpResponse<String> response = get(server, "/metrics");

      assertThat(response.headers().firstValue("content-type").orElseThrow())
          .startsWith("text/plain; version=0.0.4");
      List<String> lines = response.body().lines().toList();
      assertThat(lines)
          .contains(
              "mlc_requests_total{path=\"/v1/chat/completions\",status=\"200\"} 2",
              "mlc_requests_total{path=\"/v1/chat/completions\",status=\"400\"} 1",
              "mlc_prompt_tokens_total{model=\"scripted\"} 14",
              "mlc_cached_prompt_tokens_total{model=\"scripted\"} 4",
              "mlc_completion_tokens_total{model=\"scripted\"} 6",
              "mlc_time_to_first_token_seconds_count{model=\"scripted\"} 2",
              "mlc_time_to_first_token_seconds_bucket{model=\"scripted\",le=\"0.025\"} 2",
              "mlc_time_to_first_token_seconds_bucket{model=\"scripted\",le=\"0.01\"} 0",
              "mlc_time_per_output_token_seconds_count{model=\"scripted\"} 2",
              "mlc_batch_size{model=\"scripted\"} 3");
      assertThat(lines)
          .filteredOn(line -> !line.startsWith("# "))
          .allMatch(line -> SAMPLE.matcher(line).matches());
    }
  }

  @Test
  void theTimeOfATokenIsThatOfRequestsForOneReply() {
    try (MlcServer server = TestServers.start(new ScriptedModel("a", "b", "c"))) {
      post(server, CHAT, HELLO);
      post(server, CHAT, hello("\"n\":2"));

      assertThat(get(server, "/metrics").body().lines())
          .contains(
              "mlc_time_to_first_token_seconds_count{model=\"scripted\"} 2",
              "mlc_time_per_output_token_seconds_count{model=\"scripted\"} 1");
    }
  }

  @Test
  void debuggingIsOffUnlessItIsAskedFor() {
    try (MlcServer off = TestServers.start(new ScriptedModel("a"));
        MlcServer on =
            TestServers.start(TestServers.builder().debugEndpoints(true), new ScriptedModel("a"))) {
      String path = "/debug/dump_engine_metrics";
      assertThat(post(off, path, "{}").statusCode()).isEqualTo(404);
      assertThat(json(post(on, path, "{}")).path("mlc_batch_size").asInt()).isEqualTo(3);
      assertThat(post(on, path, "{\"modle\":\"a\"}").statusCode()).isEqualTo(400);
    }
  }

  @Test
  void everyRouteIsDocumentedAndEveryDocumentedPathAnswers() {
    try (MlcServer server =
        TestServers.start(TestServers.builder().debugEndpoints(true), new ScriptedModel("a"))) {
      JsonNode document = json(get(server, "/openapi.json"));
      List<String> wrong = new ArrayList<>();
      for (Map.Entry<String, JsonNode> path : document.path("paths").properties()) {
        String url = path.getKey().replace("{model}", "scripted");
        for (Map.Entry<String, JsonNode> operation : path.getValue().properties()) {
          int status =
              operation.getKey().equals("get")
                  ? get(server, url).statusCode()
                  : post(server, url, "{}").statusCode();
          if (!operation.getValue().path("responses").has(Integer.toString(status))) {
            wrong.add(operation.getKey() + " " + url + " " + status);
          }
        }
      }

      assertThat(wrong).isEmpty();
      assertThat(document.path("paths")).hasSize(12);
    }
  }

  @Test
  void thePageLoadsNothingFromElsewhere() {
    try (MlcServer server = TestServers.start(new ScriptedModel("a"))) {
      HttpResponse<String> page = get(server, "/");

      assertThat(page.headers().firstValue("content-security-policy").orElseThrow())
          .contains("default-src 'none'", "script-src 'self'")
          .doesNotContain("unsafe");
      assertThat(page.body()).doesNotContain("http://", "https://", "//cdn");
      for (String file : new String[] {"chat.js", "markdown.js", "chat.css"}) {
        assertThat(page.body()).contains("/page/" + file);
        HttpResponse<String> part = get(server, "/page/" + file);
        assertThat(part.statusCode()).isEqualTo(200);
        assertThat(part.body()).doesNotContain("innerHTML", "eval(", "https://");
      }
    }
  }

  @Test
  void headIsAnsweredAsGetWithoutABody() throws IOException {
    try (MlcServer server = TestServers.start(new ScriptedModel("a"));
        RawClient client = new RawClient(server)) {
      String end = " HTTP/1.1\r\nHost: localhost\r\n";
      client.send("HEAD /health" + end + "\r\nGET /ready" + end + "Connection: close\r\n\r\n");

      assertThat(client.head()).contains("HTTP/1.1 200 OK", "Content-Length: 15");
      assertThat(client.head()).contains("HTTP/1.1 200 OK", "Content-Length: 18");
      assertThat(client.rest()).isEqualTo("{\"status\":\"ready\"}");
    }
  }
}
