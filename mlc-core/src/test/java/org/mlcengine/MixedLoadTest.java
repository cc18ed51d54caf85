package org.mlcengine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.errors.RequestTimeoutException;
import org.mlcengine.protocol.ChatCompletion;
import org.mlcengine.protocol.ChatCompletionAccumulator;
import org.mlcengine.protocol.ChatCompletionChunk;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.ResponseFormat;

/**
 * Everything at once on the real model: whole replies and streams, cancelled and timed out ones,
 * slow readers, refused requests, structured output, and models that change. Each reply that comes
 * to its end is that of the same request alone. {@code -Dsoak.seconds} sets how long; the first
 * half is with guessed tokens. Runs of ten minutes and longer, which the profile {@code soak} is
 * for, must not grow: not in resident memory, not in the Java heap, not in threads or open files.
 */
class MixedLoadTest {
  private static final int CALLERS = 6;
  private static final Duration LENGTH = Duration.ofSeconds(Integer.getInteger("soak.seconds", 60));

  /** Caches and compiled code still grow in the first minutes, which says nothing about a leak. */
  private static final Duration SHORTEST_TREND = Duration.ofMinutes(10);

  /** What a minute of the second half may bring: 1 MB after half an hour, more before. */
  private static final double MOST_GROWTH_MB = Math.max(1, 30.0 / LENGTH.toMinutes());

  private static final String MANNERS =
      "You are a patient guide in a museum of natural history. You answer in short sentences, name"
          + " one fact at a time, and never speak of what is not in the museum. Visitors come from"
          + " many countries, and some are children; you explain each word that they may not know.";

  private final long seed = Long.getLong("mlc.test.seed", new Random().nextInt());
  private final List<ChatCompletionCreateParams> requests = requests();
  private final Map<ChatCompletionCreateParams, String> alone = new HashMap<>();
  private final AtomicInteger whole = new AtomicInteger();
  private final AtomicInteger early = new AtomicInteger();
  private final ProcessWatch watch = new ProcessWatch();

  private static MLCEngine engine(SpeculativeMode mode) {
    return MLCEngine.builder()
        .speculativeMode(mode)
        .model(TestModel.folder())
        .contextWindowSize(512)
        .maxNumSequence(4)
        .maxTotalSequenceLength(1024)
        .build();
  }

  private static List<ChatCompletionCreateParams> requests() {
    List<ChatCompletionCreateParams> all = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      ChatCompletionCreateParams.Builder request =
          ChatCompletionCreateParams.builder()
              .addSystemMessage(i % 2 == 0 ? MANNERS : "Be brief.")
              .addUserMessage("Tell me about exhibit number " + i + ". " + "Go on. ".repeat(i * 3))
              .temperature(i % 3 == 0 ? 0 : 1)
              .seed(i)
              .user("user " + i % 3)
              .maxTokens(5 + 5 * i);
      if (i % 4 == 3) {
        request.responseFormat(new ResponseFormat.JsonObject()).maxTokens(40);
      }
      all.add(request.build());
    }
    return all;
  }

  private static String text(ChatCompletion reply) {
    return reply.choices().getFirst().finishReason()
        + reply.choices().getFirst().message().content().orElse("");
  }

  @Test
  void everyReplyIsThatOfTheRequestAlone() throws Exception {
    try (MLCEngine quiet = engine(SpeculativeMode.DISABLE)) {
      for (ChatCompletionCreateParams request : requests) {
        alone.put(request, text(quiet.chat().completions().create(request)));
      }
    }
    watch.sample();
    for (SpeculativeMode mode : List.of(SpeculativeMode.PROMPT_LOOKUP, SpeculativeMode.DISABLE)) {
      try (MLCEngine engine = engine(mode)) {
        run(engine, LENGTH.dividedBy(2));
        EngineMetrics.Load load = engine.metrics().load();
        assertThat(load.running() + load.waiting()).as("seed %d: sequences left", seed).isZero();
        engine.unload();
      }
    }
    assertThat(whole.get()).isPositive();
    assertThat(early.get()).isPositive();
    watch.sample();
    watch.write(Path.of("target/soak.csv"));
    watch.requireNoneLeft();
    if (LENGTH.compareTo(SHORTEST_TREND) >= 0) {
      watch.requireFlat(MOST_GROWTH_MB);
    }
  }

  private void run(MLCEngine engine, Duration length) throws Exception {
    long end = System.nanoTime() + length.toNanos();
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < CALLERS; i++) {
        Random random = new Random(seed + i);
        all.add(callers.submit(() -> call(engine, random, end)));
      }
      while (System.nanoTime() < end) {
        Thread.sleep(5_000);
        awaitOneModel();
        watch.sample();
        engine.reload(TestModel.folder());
      }
      for (Future<?> caller : all) {
        caller.get();
      }
    }
  }

  /** Waits until no model is in memory but the loaded one. */
  private static void awaitOneModel() throws InterruptedException {
    while (Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().startsWith("mlc-engine-"))
            .count()
        > 1) {
      Thread.sleep(10);
    }
  }

  private Void call(MLCEngine engine, Random random, long end) throws Exception {
    while (System.nanoTime() < end) {
      ChatCompletionCreateParams request = requests.get(random.nextInt(requests.size()));
      switch (random.nextInt(8)) {
        case 0 -> leaveEarly(engine, request, random.nextInt(6));
        case 1 -> runOutOfTime(engine, request, random.nextInt(60));
        case 2 -> beRefused(engine, request);
        case 3 -> check(request, stream(engine, request, 3));
        case 4, 5 -> check(request, stream(engine, request, 0));
        default -> check(request, engine.chat().completions().create(request));
      }
    }
    return null;
  }

  private void check(ChatCompletionCreateParams request, ChatCompletion reply) {
    whole.incrementAndGet();
    assertThat(text(reply))
        .as("seed %d, request %d", seed, requests.indexOf(request))
        .isEqualTo(alone.get(request));
  }

  private static ChatCompletion stream(
      MLCEngine engine, ChatCompletionCreateParams request, int pause) throws InterruptedException {
    ChatCompletionAccumulator reply = ChatCompletionAccumulator.create();
    try (CompletionStream<ChatCompletionChunk> stream =
        engine.chat().completions().createStreaming(request)) {
      for (ChatCompletionChunk chunk : stream) {
        reply.accumulate(chunk);
        Thread.sleep(pause);
      }
    }
    return reply.chatCompletion();
  }

  private void leaveEarly(MLCEngine engine, ChatCompletionCreateParams request, int after) {
    try (CompletionStream<ChatCompletionChunk> stream =
        engine.chat().completions().createStreaming(request)) {
      Iterator<ChatCompletionChunk> chunks = stream.iterator();
      for (int i = 0; i < after && chunks.hasNext(); i++) {
        chunks.next();
      }
    }
    early.incrementAndGet();
  }

  private void runOutOfTime(MLCEngine engine, ChatCompletionCreateParams request, int millis) {
    ChatCompletionCreateParams hurried =
        request.toBuilder().timeout(Duration.ofMillis(1 + millis)).build();
    try {
      check(request, engine.chat().completions().create(hurried));
    } catch (RequestTimeoutException e) {
      early.incrementAndGet();
    }
  }

  private void beRefused(MLCEngine engine, ChatCompletionCreateParams request) {
    ChatCompletionCreateParams wrong =
        request.toBuilder().responseFormat(new ResponseFormat.Regex("(?=a)b")).build();
    try {
      engine.chat().completions().create(wrong);
      throw new AssertionError("a look-ahead was not refused");
    } catch (InvalidRequestException e) {
      early.incrementAndGet();
    }
  }
}
