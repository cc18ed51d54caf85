package org.mlcengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mlcengine.bindings.TvmRuntime;
import org.mlcengine.errors.EngineClosedException;
import org.mlcengine.protocol.ChatCompletionChunk;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.FinishReason;

/** Closing engines and streams, in whatever order callers do it. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class EngineLifecycleTest {
  private static final int CONTEXT = 256;

  /** Has one place only, so that a stream that keeps its place would stop all others. */
  private static MLCEngine single;

  @BeforeAll
  static void open() {
    single = builder().maxNumSequence(1).build();
  }

  @AfterAll
  static void close() {
    single.close();
  }

  private static MLCEngine.Builder builder() {
    return MLCEngine.builder()
        .model(TestModel.folder())
        .contextWindowSize(CONTEXT)
        .maxTotalSequenceLength(CONTEXT);
  }

  private static ChatCompletionCreateParams request(int maxTokens) {
    return ChatCompletionCreateParams.builder()
        .addUserMessage("Tell me a long story.")
        .temperature(0)
        .maxTokens(maxTokens)
        .build();
  }

  private static ChatCompletionCreateParams endless() {
    return request(CONTEXT).toBuilder().ignoreEos(true).build();
  }

  private static String reply(MLCEngine engine) {
    return engine
        .chat()
        .completions()
        .create(request(6))
        .choices()
        .getFirst()
        .message()
        .content()
        .orElseThrow();
  }

  private static CompletionStream<ChatCompletionChunk> stream(
      MLCEngine engine, ChatCompletionCreateParams request) {
    return engine.chat().completions().createStreaming(request);
  }

  @Test
  void aClosedEngineRefusesRequests() {
    MLCEngine engine = builder().build();
    engine.close();
    engine.close();

    assertThatThrownBy(() -> reply(engine)).isInstanceOf(EngineClosedException.class);
    assertThatThrownBy(() -> stream(engine, request(1)))
        .isInstanceOf(EngineClosedException.class)
        .hasMessageContaining("MLCEngine.builder()");
  }

  @Test
  void closingFailsTheStreamsUnderWayAndFreesAll() throws Exception {
    long live = TvmRuntime.liveCount();
    MLCEngine engine = builder().build();
    Iterator<ChatCompletionChunk> chunks = stream(engine, endless()).iterator();
    chunks.next();
    chunks.next();
    try (ExecutorService closers = Executors.newFixedThreadPool(3)) {
      List<Future<?>> closing = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        closing.add(closers.submit(engine::close));
      }
      for (Future<?> each : closing) {
        each.get();
      }
    }

    assertThat(TvmRuntime.liveCount()).isEqualTo(live);
    assertThatThrownBy(() -> chunks.forEachRemaining(chunk -> {}))
        .isInstanceOf(EngineClosedException.class);
    assertThat(chunks.hasNext()).isFalse();
  }

  @Test
  void enginesOpenedByVirtualThreadsReplyAlike() throws Exception {
    long live = TvmRuntime.liveCount();
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<String>> replies = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        replies.add(
            callers.submit(
                () -> {
                  try (MLCEngine engine = builder().threads(1).build()) {
                    return reply(engine);
                  }
                }));
      }
      // Engines with other numbers of threads may add numbers up in another order.
      String expected = replies.getFirst().get();
      assertThat(expected).isNotEmpty();
      for (Future<String> reply : replies) {
        assertThat(reply.get()).isEqualTo(expected);
      }
    }
    assertThat(TvmRuntime.liveCount()).isEqualTo(live);
  }

  @Test
  void closedStreamsGiveTheirPlaceAndPagesBack() {
    String expected = reply(single);
    for (int i = 0; i < 200; i++) {
      try (CompletionStream<ChatCompletionChunk> stream = stream(single, endless())) {
        if (i % 10 == 0) {
          Iterator<ChatCompletionChunk> chunks = stream.iterator();
          chunks.next();
          chunks.next();
        }
      }
    }
    assertThat(reply(single)).isEqualTo(expected);
    var whole = single.chat().completions().create(endless());
    assertThat(whole.usage().orElseThrow().totalTokens()).isEqualTo(CONTEXT);
    assertThat(whole.choices().getFirst().finishReason()).isEqualTo(FinishReason.LENGTH);
  }

  @Test
  void aStreamThatNobodyReadsAnyMoreEnds() throws InterruptedException {
    abandonStream();
    try (ExecutorService caller = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<String> next = caller.submit(() -> reply(single));
      for (int i = 0; i < 600 && !next.isDone(); i++) {
        System.gc();
        Thread.sleep(50);
      }
      assertThat(next.isDone()).isTrue();
    }
  }

  /** Fills its queue and pauses, so that it holds the only place until it is given up. */
  private static void abandonStream() {
    stream(single, endless()).iterator().next();
  }

  @Test
  void chunksOfOtherScriptsJoinToTheWholeReply() {
    for (String prompt :
        List.of(
            "Repeat: 你好，世界！今天天气很好。",
            "Repeat: 😀🚀🌍 👩‍👩‍👧",
            "Répétez : déjà vu, naïve, Привет")) {
      var request =
          ChatCompletionCreateParams.builder()
              .addUserMessage(prompt)
              .temperature(1)
              .seed(11)
              .maxTokens(40)
              .build();
      String whole =
          single
              .chat()
              .completions()
              .create(request)
              .choices()
              .getFirst()
              .message()
              .content()
              .orElseThrow();
      StringBuilder joined = new StringBuilder();
      try (CompletionStream<ChatCompletionChunk> stream = stream(single, request)) {
        stream.forEach(
            chunk ->
                chunk
                    .choices()
                    .forEach(
                        choice -> {
                          String piece = choice.delta().content().orElse("");
                          assertThat(endsWithinPair(piece)).as(prompt).isFalse();
                          joined.append(piece);
                        }));
      }
      assertThat(joined.toString()).as(prompt).isEqualTo(whole);
    }
  }

  private static boolean endsWithinPair(String piece) {
    return !piece.isEmpty() && Character.isHighSurrogate(piece.charAt(piece.length() - 1));
  }
}
