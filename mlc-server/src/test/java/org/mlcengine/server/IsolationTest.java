package org.mlcengine.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mlcengine.server.TestClient.CHAT;
import static org.mlcengine.server.TestClient.get;
import static org.mlcengine.server.TestClient.json;
import static org.mlcengine.server.TestClient.post;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.mlcengine.MLCEngine;

/** Nothing of a client's request reaches another's reply, nor can its time tell of it. */
class IsolationTest {
  private static final String TEXT = "/v1/completions";
  private static final int CLIENTS = 24;
  private static final int ROUNDS = 2;
  private static final String SYLLABLES = "bakodemufigonulasivetoporazuwyhi";
  private static final Pattern COMPUTED =
      Pattern.compile("mlc_prefill_tokens_total\\{model=\"real\"} (\\d+)");

  private static MLCEngine engine;
  private static MlcServer server;

  private final long seed = Long.getLong("mlc.test.seed", new Random().nextInt());

  /** A request, what marks it, and whose it is. */
  private record Marked(String mark, String path, String fields) {
    String body(boolean stream) {
      return "{" + fields + ",\"stream\":" + stream + "}";
    }
  }

  @BeforeAll
  static void start() {
    engine =
        MLCEngine.builder()
            .model(EngineServerTest.model())
            .contextWindowSize(2048)
            .maxNumSequence(4)
            .maxTotalSequenceLength(8192)
            .maxQueue(CLIENTS)
            .build();
    server = TestServers.builder().engine("real", engine).start();
  }

  @AfterAll
  static void stop() {
    server.close();
    engine.close();
  }

  /** Returns requests that begin alike and go on with words of their own, which replies repeat. */
  private static List<Marked> requests(Random random) {
    List<Marked> requests = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      String mark = word(random);
      String whose =
          switch (i % 4) {
            case 0 -> "";
            case 1 -> ",\"user\":\"user " + i % 3 + "\"";
            case 2 -> ",\"cache_salt\":\"salt " + i % 5 + "\"";
            default -> ",\"user\":\"user " + i % 3 + "\",\"cache_salt\":\"salt " + i % 5 + "\"";
          };
      String text = "A list of the words that were found. ".repeat(8) + (mark + " ").repeat(6);
      String ends = ",\"temperature\":0,\"max_tokens\":16" + whose;
      requests.add(
          i % 3 == 2
              ? new Marked(
                  mark,
                  CHAT,
                  "\"messages\":[{\"role\":\"user\",\"content\":\"Repeat: " + text + "\"}]" + ends)
              : new Marked(mark, TEXT, "\"prompt\":\"" + text.strip() + "\"" + ends));
    }
    return requests;
  }

  private static String word(Random random) {
    StringBuilder word = new StringBuilder();
    for (int i = 0; i < 4; i++) {
      int start = 2 * random.nextInt(SYLLABLES.length() / 2);
      word.append(SYLLABLES, start, start + 2);
    }
    return word.toString();
  }

  private static String reply(Marked request, boolean stream) {
    var response = post(server, request.path(), request.body(stream));
    assertThat(response.statusCode()).as(response::body).isEqualTo(200);
    if (!stream) {
      return text(json(response));
    }
    StringBuilder text = new StringBuilder();
    response
        .body()
        .lines()
        .filter(line -> line.startsWith("data: {"))
        .forEach(line -> text.append(text(json(line.substring("data: ".length())))));
    return text.toString();
  }

  private static String text(JsonNode reply) {
    JsonNode choice = reply.at("/choices/0");
    return choice.path("text").asText("")
        + choice.at("/message/content").asText("")
        + choice.at("/delta/content").asText("");
  }

  @Test
  void aReplyIsThatOfTheRequestAloneAndHoldsNoOthersMark() throws Exception {
    List<Marked> requests = requests(new Random(seed));
    Map<Marked, String> alone = new LinkedHashMap<>();
    requests.forEach(request -> alone.put(request, reply(request, false)));
    assertThat(requests)
        .as("seed %d: replies that repeat their mark", seed)
        .filteredOn(request -> alone.getOrDefault(request, "").contains(request.mark()))
        .hasSizeGreaterThan(CLIENTS / 3);

    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        Random random = new Random(seed + i);
        List<Marked> own = new ArrayList<>(requests);
        Collections.shuffle(own, random);
        all.add(clients.submit(() -> own.subList(0, ROUNDS).forEach(r -> check(r, alone, random))));
      }
      for (Future<?> client : all) {
        client.get();
      }
    }
  }

  private void check(Marked request, Map<Marked, String> alone, Random random) {
    String reply = reply(request, random.nextBoolean());
    assertThat(reply).as("seed %d, %s", seed, request).isEqualTo(alone.get(request));
    for (Marked other : alone.keySet()) {
      if (!other.mark().equals(request.mark())) {
        assertThat(reply).as("seed %d, %s", seed, request).doesNotContain(other.mark());
      }
    }
  }

  /** A request for one token, as its usage and the engine's counters tell of it. */
  private record Cost(long prompt, long cached, long computed, double firstToken) {}

  private static Cost cost(String text, String whose) {
    long before = computed();
    JsonNode usage =
        json(post(server, TEXT, "{\"prompt\":\"" + text + "\",\"max_tokens\":1" + whose + "}"))
            .path("usage");
    return new Cost(
        usage.path("prompt_tokens").asLong(),
        usage.at("/prompt_tokens_details/cached_tokens").asLong(),
        computed() - before,
        usage.at("/extra/ttft_s").asDouble());
  }

  private static long computed() {
    Matcher found = COMPUTED.matcher(get(server, "/metrics").body());
    return found.find() ? Long.parseLong(found.group(1)) : 0;
  }

  @Test
  void whatOneKeyHasComputedSavesAnotherNoWork(TestReporter reporter) {
    Random random = new Random(seed);
    List<String> others =
        List.of(
            "", ",\"user\":\"b\"", ",\"cache_salt\":\"b\"", ",\"user\":\"a\",\"cache_salt\":\"b\"");
    for (String other : others) {
      StringBuilder words = new StringBuilder();
      while (words.length() < 3000) {
        words.append(word(random)).append(' ');
      }
      String text = words.toString().strip();
      Cost first = cost(text, ",\"user\":\"a\"");
      Cost again = cost(text, ",\"user\":\"a\"");
      Cost foreign = cost(text, other);

      reporter.publishEntry(
          "first token, s: first, again, under another key",
          "%.3f %.3f %.3f".formatted(first.firstToken(), again.firstToken(), foreign.firstToken()));
      String where = "seed %d, %s".formatted(seed, other);
      assertThat(first.prompt()).as(where).isGreaterThan(800);
      assertThat(first.cached()).as(where).isZero();
      assertThat(first.computed()).as(where).isEqualTo(first.prompt());
      assertThat(again.cached()).as(where).isGreaterThan(first.prompt() - 65);
      assertThat(again.computed()).as(where).isEqualTo(again.prompt() - again.cached());
      assertThat(foreign.cached()).as(where).isZero();
      assertThat(foreign.computed()).as(where).isEqualTo(foreign.prompt());
    }
  }
}
