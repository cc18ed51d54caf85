package org.mlcengine.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mlcengine.server.TestClient.CHAT;
import static org.mlcengine.server.TestClient.HELLO;
import static org.mlcengine.server.TestClient.error;
import static org.mlcengine.server.TestClient.get;
import static org.mlcengine.server.TestClient.hello;
import static org.mlcengine.server.TestClient.post;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Work that ends before its reply does: clients that go, time that is over, servers that stop. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CancelTest {
  @Test
  void aClientThatGoesStopsItsStream() throws Exception {
    ScriptedModel model = new ScriptedModel("a", "b").held();
    try (MlcServer server = TestServers.start(model)) {
      try (RawClient client = new RawClient(server)) {
        client.post(CHAT, hello("\"stream\":true"));
        model.step(1);
        client.head();
        client.chunk();
      }
      model.awaitCancel();
    }
  }

  @Test
  void aClientThatGoesBeforeTheFirstPieceStopsItsReply() throws Exception {
    for (String body : new String[] {HELLO, hello("\"stream\":true")}) {
      ScriptedModel model = new ScriptedModel("a", "b").held();
      try (MlcServer server = TestServers.start(model)) {
        try (RawClient client = new RawClient(server)) {
          client.post(CHAT, body);
          model.awaitStart();
        }
        model.awaitCancel();
      }
    }
  }

  @Test
  void aClientThatStaysCanSendAnotherRequest() throws Exception {
    ScriptedModel model = new ScriptedModel("a").held();
    try (MlcServer server = TestServers.start(model);
        RawClient client = new RawClient(server)) {
      for (int i = 0; i < 3; i++) {
        client.post(CHAT, hello("\"stream\":true"));
        model.step(1);
        assertThat(client.head()).contains("HTTP/1.1 200 OK");
        assertThat(client.chunk()).contains("\"a\"");
        assertThat(client.chunk()).contains("[DONE]");
        assertThat(client.chunk()).isEmpty();
      }
    }
  }

  @Test
  void requestsThatAreSentAtOnceAreAnsweredInOrder() throws Exception {
    try (MlcServer server = TestServers.start(new ScriptedModel("a"));
        RawClient client = new RawClient(server)) {
      String get = "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n";
      String post =
          "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
              .formatted(CHAT, HELLO.length(), HELLO);
      client.send(get.formatted("/health", "") + post + post);
      for (int i = 0; i < 3; i++) {
        assertThat(client.answer()).startsWith("HTTP/1.1 200 OK");
      }
      client.send(post + get.formatted("/ready", "Connection: close\r\n"));

      String answers = client.rest();
      assertThat(answers.split("HTTP/1.1 200 OK", -1)).hasSize(3);
      assertThat(answers).endsWith("{\"status\":\"ready\"}");
    }
  }

  @Test
  void aReplyThatTakesTooLongEndsWithAnError() {
    ServerLimits limits = ServerLimits.DEFAULT.withRequestTimeout(Duration.ofMillis(100));
    ScriptedModel model = new ScriptedModel("a", "b").held();
    model.step(1);
    try (MlcServer server = TestServers.start(TestServers.builder().limits(limits), model)) {
      HttpResponse<String> streamed = post(server, CHAT, hello("\"stream\":true"));
      assertThat(streamed.body()).contains("request_timeout").doesNotContain("[DONE]");
    }
    ScriptedModel never = new ScriptedModel("a").held();
    try (MlcServer server = TestServers.start(TestServers.builder().limits(limits), never)) {
      for (String body : new String[] {HELLO, hello("\"stream\":true")}) {
        HttpResponse<String> response = post(server, CHAT, body);
        assertThat(response.statusCode()).as(body).isEqualTo(503);
        assertThat(error(response).path("message").asText()).contains("max_tokens");
      }
    }
  }

  @Test
  void closingFinishesWhatRuns() throws Exception {
    ScriptedModel model = new ScriptedModel("a").held();
    MlcServer server = TestServers.start(model);
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<HttpResponse<String>> reply = callers.submit(() -> post(server, CHAT, HELLO));
      model.awaitStart();
      Future<?> closing = callers.submit(server::close);
      HttpResponse<String> ready = get(server, "/ready");
      while (ready.statusCode() == 200) {
        ready = get(server, "/ready");
      }

      assertThat(ready.statusCode()).isEqualTo(503);
      assertThat(get(server, "/health").statusCode()).isEqualTo(200);
      HttpResponse<String> refused = post(server, CHAT, HELLO);
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(error(refused).path("code").asText()).isEqualTo("shutting_down");
      assertThat(closing.isDone()).isFalse();

      model.step(1);
      assertThat(reply.get().statusCode()).isEqualTo(200);
      closing.get();
    }
  }

  @Test
  void closingStopsWhatDoesNotFinishInTime() throws Exception {
    ScriptedModel model = new ScriptedModel("a").held();
    MlcServer server =
        TestServers.start(TestServers.builder().shutdownGrace(Duration.ofMillis(50)), model);
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<HttpResponse<String>> reply = callers.submit(() -> post(server, CHAT, HELLO));
      model.awaitStart();

      server.close();

      assertThat(reply.get().statusCode()).isEqualTo(503);
      model.awaitCancel();
    }
  }

  @Test
  void aResetStopsTheRequestsOfOneModel() throws Exception {
    ScriptedModel first = new ScriptedModel("a").held();
    ScriptedModel second = new ScriptedModel("b").held();
    try (MlcServer server =
            TestServers.builder()
                .debugEndpoints(true)
                .start(Map.of("first", first, "second", second));
        ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<HttpResponse<String>> stopped =
          callers.submit(() -> post(server, CHAT, hello("\"model\":\"first\"")));
      Future<HttpResponse<String>> kept =
          callers.submit(() -> post(server, CHAT, hello("\"model\":\"second\"")));
      first.awaitStart();
      second.awaitStart();

      assertThat(post(server, "/debug/reset_engine", "{\"model\":\"first\"}").body())
          .isEqualTo("{\"stopped_requests\":1}");
      second.step(1);

      assertThat(error(stopped.get()).path("code").asText()).isEqualTo("engine_reset");
      assertThat(kept.get().statusCode()).isEqualTo(200);
    }
  }
}
