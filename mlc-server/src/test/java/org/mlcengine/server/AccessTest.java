package org.mlcengine.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mlcengine.server.TestClient.CHAT;
import static org.mlcengine.server.TestClient.HELLO;

import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.errors.MLCException;

/** Who may use a server, and what it keeps to itself. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AccessTest {
  private static final String KEY = "sk-very-secret";

  private static HttpRequest.Builder chat(MlcServer server) {
    return TestClient.request(server, CHAT)
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(HELLO));
  }

  @Test
  void aKeyIsAskedForWhereThereIsOne() {
    try (MlcServer server =
        TestServers.start(TestServers.builder().apiKey(KEY), new ScriptedModel("a"))) {
      for (String header :
          new String[] {
            "", "Bearer ", "Bearer wrong", KEY, "Basic " + KEY, "Bearer " + KEY + "x"
          }) {
        HttpResponse<String> response =
            TestClient.send(
                header.isEmpty() ? chat(server) : chat(server).header("Authorization", header));
        assertThat(response.statusCode()).as(header).isEqualTo(401);
        assertThat(response.headers().firstValue("www-authenticate")).hasValue("Bearer");
        assertThat(TestClient.error(response).path("code").asText()).isEqualTo("invalid_api_key");
        assertThat(response.body()).doesNotContain("wrong");
      }
      for (String header : new String[] {"Bearer " + KEY, "bearer " + KEY}) {
        assertThat(TestClient.send(chat(server).header("Authorization", header)).statusCode())
            .isEqualTo(200);
      }
      for (String open :
          new String[] {"/", "/health", "/ready", "/openapi.json", "/page/chat.js"}) {
        assertThat(TestClient.get(server, open).statusCode()).as(open).isEqualTo(200);
      }
      for (String closed : new String[] {"/v1/models", "/metrics", "/nothing"}) {
        assertThat(TestClient.get(server, closed).statusCode()).as(closed).isEqualTo(401);
      }
    }
  }

  @Test
  void withoutAKeyOnlyLocalNamesAreAnswered() throws IOException {
    try (MlcServer server = TestServers.start(new ScriptedModel("a"))) {
      for (String host : new String[] {"localhost", "127.0.0.1:80", "[::1]:80", "LocalHost:1"}) {
        assertThat(status(server, host)).as(host).isEqualTo("HTTP/1.1 200 OK");
      }
      for (String host :
          new String[] {"evil.example", "localhost.evil.example:8000", "127.0.0.2"}) {
        assertThat(status(server, host)).as(host).isEqualTo("HTTP/1.1 403 Forbidden");
      }
    }
  }

  private static String status(MlcServer server, String host) throws IOException {
    try (RawClient client = new RawClient(server)) {
      client.send("GET /health HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
      return client.head().getFirst();
    }
  }

  @Test
  void anotherAddressThanALoopbackOneNeedsAKey() {
    ScriptedModel model = new ScriptedModel("a");
    for (String host : new String[] {"0.0.0.0", "::", "192.0.2.1"}) {
      assertThatThrownBy(() -> TestServers.start(TestServers.builder().host(host), model))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining(host)
          .hasMessageContaining("key");
    }
    TestServers.start(TestServers.builder().host("0.0.0.0").apiKey(KEY), model).close();
    TestServers.start(TestServers.builder().host("localhost"), model).close();
  }

  @Test
  void wrongOptionsAreRefusedByName() {
    Map<String, ModelService> models = Map.of("a", new ScriptedModel("a"));
    assertRefused("port", () -> MlcServer.builder().port(-1).start(models));
    assertRefused("port", () -> MlcServer.builder().port(70_000).start(models));
    assertRefused("apiKey", () -> MlcServer.builder().apiKey(" ").start(models));
    assertRefused("host", () -> MlcServer.builder().host("no such host").start(models));
    assertRefused("engine", () -> MlcServer.builder().start());
    assertRefused("maxMessages", () -> ServerLimits.DEFAULT.withMaxMessages(0));
  }

  private static void assertRefused(String option, Runnable start) {
    assertThatThrownBy(start::run)
        .isInstanceOfSatisfying(
            InvalidRequestException.class, e -> assertThat(e.parameter()).isEqualTo(option));
  }

  @Test
  void aPortThatIsInUseIsAnError() {
    ScriptedModel model = new ScriptedModel("a");
    try (MlcServer server = TestServers.start(model)) {
      assertThatThrownBy(() -> TestServers.start(TestServers.builder().port(server.port()), model))
          .isInstanceOf(MLCException.class)
          .hasMessageContaining(Integer.toString(server.port()));
    }
  }

  @Test
  void otherOriginsAreLetInIfTheyAreNamed() {
    String origin = "https://page.example";
    try (MlcServer closed = TestServers.start(new ScriptedModel("a"));
        MlcServer named =
            TestServers.start(TestServers.builder().cors(origin), new ScriptedModel("a"));
        MlcServer any =
            TestServers.start(TestServers.builder().cors("*"), new ScriptedModel("a"))) {
      assertThat(allowed(closed, origin)).isEqualTo("none");
      assertThat(allowed(named, origin)).isEqualTo(origin);
      assertThat(allowed(named, "https://other.example")).isEqualTo("none");
      assertThat(allowed(any, "https://other.example")).isEqualTo("*");

      HttpResponse<String> preflight =
          TestClient.send(
              TestClient.request(named, CHAT)
                  .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
                  .header("Origin", origin)
                  .header("Access-Control-Request-Method", "POST")
                  .header("Access-Control-Request-Headers", "authorization,content-type"));
      assertThat(preflight.statusCode()).isEqualTo(204);
      assertThat(preflight.headers().firstValue("access-control-allow-methods"))
          .hasValue("OPTIONS, POST");
      assertThat(preflight.headers().firstValue("access-control-allow-headers"))
          .hasValue("authorization,content-type");
    }
  }

  private static String allowed(MlcServer server, String origin) {
    return TestClient.send(chat(server).header("Origin", origin))
        .headers()
        .firstValue("access-control-allow-origin")
        .orElse("none");
  }

  @Test
  void theIdOfARequestIsTheClientsOrANewOne() {
    try (MlcServer server = TestServers.start(new ScriptedModel("a"))) {
      assertThat(id(chat(server).header("X-Request-Id", "mine-1"))).isEqualTo("mine-1");
      assertThat(id(chat(server).header("X-Request-Id", "no good"))).startsWith("req_");
      assertThat(id(chat(server))).startsWith("req_").isNotEqualTo(id(chat(server)));
    }
  }

  private static String id(HttpRequest.Builder request) {
    return TestClient.send(request).headers().firstValue("x-request-id").orElseThrow();
  }

  @Test
  void promptsAreLoggedOnlyIfThatIsAskedForAndKeysNever() {
    assertThat(logOf(TestServers.builder().apiKey(KEY)))
        .isNotEmpty()
        .noneMatch(AccessTest::isPrivate);
    assertThat(logOf(TestServers.builder().apiKey(KEY).logPrompts(true)))
        .anyMatch(line -> line.contains("Hello"))
        .noneMatch(line -> line.contains(KEY));
  }

  private static boolean isPrivate(String line) {
    return line.contains("Hello") || line.contains(KEY);
  }

  private static List<String> logOf(MlcServer.Builder builder) {
    List<String> lines = new ArrayList<>();
    Logger logger = Logger.getLogger(MlcServer.class.getPackageName());
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord record) {
            synchronized (lines) {
              lines.add(record.getMessage() + record.getThrown());
            }
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Level level = logger.getLevel();
    logger.addHandler(handler);
    logger.setLevel(Level.ALL);
    logger.setUseParentHandlers(false);
    try (MlcServer server = TestServers.start(builder, new ScriptedModel("a"))) {
      TestClient.send(chat(server).header("Authorization", "Bearer " + KEY));
      TestClient.send(chat(server).header("Authorization", "Bearer x" + KEY));
    } finally {
      logger.removeHandler(handler);
      logger.setLevel(level);
      logger.setUseParentHandlers(true);
    }
    return lines;
  }
}
