package org.mlcengine.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.mlcengine.server.TestClient.CHAT;
import static org.mlcengine.server.TestClient.HELLO;
import static org.mlcengine.server.TestClient.error;
import static org.mlcengine.server.TestClient.hello;
import static org.mlcengine.server.TestClient.json;
import static org.mlcengine.server.TestClient.post;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests that are wrong in some way: each gets a status of the right kind, and says why. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BadInputTest {
  private static final ServerLimits LIMITS =
      ServerLimits.DEFAULT.withMaxBodyBytes(100_000).withMaxHeaderBytes(4_000).withMaxMessages(3);

  private static MlcServer server;

  @BeforeAll
  static void start() {
    server = TestServers.start(TestServers.builder().limits(LIMITS), new ScriptedModel("a"));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          /v1/chat/completions | ``                                                        | 400 | body
          /v1/chat/completions | `{`                                                       | 400 | body
          /v1/chat/completions | `[]`                                                      | 400 | body
          /v1/chat/completions | `null`                                                    | 400 | body
          /v1/chat/completions | `{} {}`                                                   | 400 | body
          /v1/chat/completions | `{"messages":[],"messages":[]}`                           | 400 | body
          /v1/chat/completions | `{}`                                                      | 400 | messages
          /v1/chat/completions | `{"messages":"Hello"}`                                    | 400 | messages
          /v1/chat/completions | `{"messages":[1]}`                                        | 400 | messages[0]
          /v1/chat/completions | `{"messages":[{"role":"cat","content":"a"}]}`             | 400 | messages[0].role
          /v1/chat/completions | `{"messages":[{"role":"user","content":1}]}`              | 400 | messages[0].content
          /v1/chat/completions | `{"messages":[{"role":"user","content":"a"}],"n":0}`      | 400 | n
          /v1/chat/completions | `{"messages":[{"role":"user","content":"a"}],"n":"1"}`    | 400 | n
          /v1/chat/completions | `{"messages":[{"role":"user","content":"a"}],"top_p":2}`  | 400 | top_p
          /v1/chat/completions | `{"messages":[{"role":"user","content":"a"}],"tmp":2}`    | 400 | tmp
          /v1/chat/completions | `{"messages":[{"role":"user","content":"a"}],"model":3}`  | 400 | model
          /v1/chat/completions | `{"messages":[{"role":"user","content":"a"}],"model":"x"}`| 404 | model
          /v1/completions      | `{"prompt":{}}`                                           | 400 | prompt
          /v1/completions      | `{"prompt":"a","messages":[]}`                            | 400 | messages
          /v1/embeddings       | `{`                                                       | 400 | body
          /v1/embeddings       | `[]`                                                      | 400 | body
          /v1/embeddings       | `{"input":"a","model":[]}`                                | 400 | model
          /v1/embeddings       | `{"input":"a","model":"x"}`                               | 404 | model
          /v1/embeddings       | `{"model":"scripted"}`                                    | 400 | input
          /v1/embeddings       | `{"input":"a","size":1}`                                  | 400 | size
          """)
  void theErrorNamesTheField(String path, String body, int status, String param) {
    HttpResponse<String> response = post(server, path, body == null ? "" : body);

    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(response.headers().firstValue("content-type")).hasValue("application/json");
    JsonNode error = error(response);
    assertThat(error.path("type").asText()).isEqualTo("invalid_request_error");
    assertThat(error.path("param").asText()).isEqualTo(param);
    assertThat(error.path("message").asText()).hasSizeGreaterThan(10);
  }

  @Test
  void malformedUtf8IsRefused() {
    for (String text : new String[] {"\u00ff", "\u00c3(", "\u00ed\u00a0\u0080", "\u00f8\u0088"}) {
      byte[] body = HELLO.replace("Hello", text).getBytes(ISO_8859_1);

      HttpResponse<String> response = post(server, CHAT, body);

      assertThat(response.statusCode()).isEqualTo(400);
      assertThat(error(response).path("param").asText()).isEqualTo("body");
    }
  }

  @Test
  void deepJsonIsRefused() {
    for (String open : new String[] {"[", "{\"a\":"}) {
      String body = open.repeat(20_000 / open.length());

      HttpResponse<String> response = post(server, CHAT, body);

      assertThat(response.statusCode()).isEqualTo(400);
      assertThat(error(response).path("message").asText()).contains("depth");
    }
  }

  @Test
  void longBodiesAreRefused() throws IOException {
    byte[] body = HELLO.replace("Hello", "x".repeat(5_000_000)).getBytes(UTF_8);
    HttpResponse<String> whole = post(server, CHAT, body);
    HttpResponse<String> chunked =
        TestClient.send(
            TestClient.request(server, CHAT)
                .header("Content-Type", "application/json")
                .POST(
                    HttpRequest.BodyPublishers.fromPublisher(
                        HttpRequest.BodyPublishers.ofByteArray(body))));

    for (HttpResponse<String> response : List.of(whole, chunked)) {
      assertThat(response.statusCode()).isEqualTo(413);
      assertThat(error(response).path("message").asText()).contains("100000");
    }
  }

  @Test
  void longHeadersAreRefused() throws IOException {
    String filler = "x".repeat(5_000);
    for (String request :
        List.of(
            "GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + filler + "\r\n\r\n",
            "GET /health HTTP/1.1\r\nHost: localhost\r\n" + "X: 1\r\n".repeat(900) + "\r\n")) {
      assertThat(answer(request)).startsWith("HTTP/1.1 431 ").contains("headers_too_large");
    }
    assertThat(answer("GET /" + filler + " HTTP/1.1\r\nHost: localhost\r\n\r\n"))
        .startsWith("HTTP/1.1 414 ");
  }

  private static String answer(String request) throws IOException {
    try (RawClient client = new RawClient(server)) {
      client.send(request);
      return client.answer();
    }
  }

  @Test
  void malformedHttpIsRefused() throws IOException {
    String host = "Host: localhost\r\n";
    for (String request :
        List.of(
            "NONSENSE\r\n\r\n",
            "GET /health HTTP/1.1\r\n\r\n",
            "GET /health HTTP/1.1\r\n" + host + "Bad Header: 1\r\n\r\n",
            "GET /health HTTP/1.1\r\n" + host + "NoColon\r\n\r\n",
            "GET /%zz HTTP/1.1\r\n" + host + "\r\n",
            "POST " + CHAT + " HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n",
            "POST " + CHAT + " HTTP/1.1\r\n" + host + "Content-Length: x\r\n\r\n",
            "POST "
                + CHAT
                + " HTTP/1.1\r\n"
                + host
                + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST "
                + CHAT
                + " HTTP/1.1\r\n"
                + host
                + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")) {
      assertThat(answer(request)).as(request).startsWith("HTTP/1.1 400 ").contains("{\"error\":");
    }
  }

  @Test
  void anotherVersionOfHttpIsRefused() throws IOException {
    assertThat(answer("GET /health HTTP/1.0\r\n\r\n")).startsWith("HTTP/1.1 505 ");
  }

  @Test
  void aRequestThatComesTooSlowlyIsRefused() throws IOException {
    String head = "POST " + CHAT + " HTTP/1.1\r\nHost: localhost\r\n";
    String json = "Content-Type: application/json\r\n";
    for (String begun :
        List.of(
            "G",
            "GET /health HTTP/1.1\r\nHo",
            head + json + "Content-Length: 500\r\n\r\n{",
            head + json + "Transfer-Encoding: chunked\r\n\r\n5\r\n{",
            head + json + "Transfer-Encoding: chunked\r\n\r\n5")) {
      try (MlcServer impatient = impatient();
          RawClient client = new RawClient(impatient)) {
        client.send(begun);

        String answer = client.rest();

        assertThat(answer).as(begun).startsWith("HTTP/1.1 408 ").contains("request_timeout");
      }
    }
  }

  private static MlcServer impatient() {
    return TestServers.start(
        TestServers.builder().limits(LIMITS.withReceiveTimeout(Duration.ofMillis(100))),
        new ScriptedModel("a"));
  }

  @Test
  void aConnectionMayWaitBetweenRequestsForLongerThanARequestMayTake() throws Exception {
    try (MlcServer server =
            TestServers.start(
                TestServers.builder().limits(LIMITS.withReceiveTimeout(Duration.ofSeconds(2))),
                new ScriptedModel("a"));
        RawClient client = new RawClient(server)) {
      for (int i = 0; i < 2; i++) {
        client.post(CHAT, HELLO);
        assertThat(client.answer()).startsWith("HTTP/1.1 200 OK");
        Thread.sleep(2500);
      }
      client.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
      assertThat(client.answer()).startsWith("HTTP/1.1 200 OK");
    }
  }

  @Test
  void onlyTheArrivalOfARequestIsTimedByItsLimit() throws Exception {
    ScriptedModel model = new ScriptedModel("a").held();
    ServerLimits limits = LIMITS.withReceiveTimeout(Duration.ofSeconds(2));
    try (MlcServer server = TestServers.start(TestServers.builder().limits(limits), model);
        RawClient client = new RawClient(server)) {
      client.post(CHAT, HELLO);
      Thread.sleep(2500);
      model.step(1);
      assertThat(client.answer()).startsWith("HTTP/1.1 200 OK");
    }
  }

  @Test
  void tooManyMessagesAreRefused() {
    String message = "{\"role\":\"user\",\"content\":\"a\"}";
    String body = "{\"messages\":[" + (message + ",").repeat(3) + message + "]}";

    HttpResponse<String> response = post(server, CHAT, body);

    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(error(response).path("message").asText()).contains("at most 3", "found 4");
  }

  @Test
  void onlyJsonIsRead() {
    HttpResponse<String> response =
        TestClient.send(
            TestClient.request(server, CHAT)
                .header("Content-Type", "text/plain")
                .POST(HttpRequest.BodyPublishers.ofString(HELLO)));

    assertThat(response.statusCode()).isEqualTo(415);
    assertThat(
            TestClient.send(
                    TestClient.request(server, CHAT)
                        .header("Content-Type", "Application/JSON; charset=utf-8")
                        .POST(HttpRequest.BodyPublishers.ofString(HELLO)))
                .statusCode())
        .isEqualTo(200);
  }

  @Test
  void unknownPathsAndMethodsAreRefused() {
    assertThat(TestClient.get(server, "/v1/nothing").statusCode()).isEqualTo(404);
    assertThat(TestClient.get(server, "/v1/models/").statusCode()).isEqualTo(404);
    HttpResponse<String> wrong = TestClient.get(server, CHAT);
    assertThat(wrong.statusCode()).isEqualTo(405);
    assertThat(wrong.headers().firstValue("allow")).hasValue("OPTIONS, POST");
    assertThat(json(wrong).at("/error/code").asText()).isEqualTo("method_not_allowed");
  }

  @Test
  void aBodyOnARequestThatTakesNoneDoesNoHarm() throws IOException {
    try (RawClient client = new RawClient(server)) {
      client.send(
          "GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nGET "
              + "GET /ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

      assertThat(client.rest()).contains("\"ok\"", "\"ready\"");
    }
  }

  @Test
  void refusalsAreCounted() throws IOException {
    String counted = "mlc_requests_total{path=\"none\",status=\"431\"} ";
    longHeadersAreRefused();

    assertThat(TestClient.get(server, "/metrics").body()).contains(counted);
  }

  @Test
  void theServerStillAnswersAfterAllThat() {
    assertThat(post(server, CHAT, hello("\"stream\":true")).body()).contains("[DONE]");
  }
}
