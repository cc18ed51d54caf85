package org.mlcengine.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mlcengine.errors.EngineClosedException;
import org.mlcengine.errors.EngineFailedException;
import org.mlcengine.errors.QueueFullException;
import org.mlcengine.model.EmbeddingMetadata;
import org.mlcengine.model.EmbeddingMetadata.Pooling;
import org.mlcengine.runtime.ScriptedEncoder;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class EncoderSchedulerTest {
  private static final EmbeddingMetadata MEAN = new EmbeddingMetadata(Pooling.MEAN, false);

  private static final int MAX_QUEUE = 8;

  private final AtomicLong clock = new AtomicLong();
  private final ScriptedEncoder model = new ScriptedEncoder(10);
  private final EncoderScheduler scheduler =
      new EncoderScheduler(model, MEAN, MAX_QUEUE, clock::incrementAndGet);

  private static int[] text(int... tokens) {
    return tokens;
  }

  private static int[] ofLength(int length) {
    return IntStream.range(0, length).toArray();
  }

  private static float[] expected(int... tokens) {
    return new float[] {
      (float) Arrays.stream(tokens).average().orElseThrow(), (tokens.length - 1) / 2f, tokens.length
    };
  }

  private static void assertVectors(List<float[]> found, List<int[]> texts) {
    assertThat(found).hasSameSizeAs(texts);
    for (int i = 0; i < texts.size(); i++) {
      assertThat(found.get(i)).containsExactly(expected(texts.get(i)));
    }
  }

  @Test
  void textsOfSeveralRequestsShareAStep() {
    List<int[]> first = List.of(text(5, 7), text(1));
    List<int[]> second = List.of(text(2, 4, 9));
    var one = scheduler.submit(first);
    var other = scheduler.submit(second);

    assertThat(scheduler.step()).isTrue();
    assertThat(scheduler.step()).isFalse();

    assertThat(model.steps()).containsExactly(List.of(2, 1, 3));
    assertVectors(one.join(), first);
    assertVectors(other.join(), second);
    StepTimes times = scheduler.times();
    assertThat(List.of(times.steps(), times.tokens())).containsExactly(1L, 6L);
    assertThat(times.nanos()).isPositive();
  }

  @Test
  void aStepTakesWhatFitsInTheOrderOfArrival() {
    List<int[]> texts =
        List.of(ofLength(6), ofLength(4), ofLength(5), ofLength(6), ofLength(1), ofLength(10));
    var reply = scheduler.submit(texts);
    while (scheduler.step()) {
      assertThat(reply.isDone()).isEqualTo(model.steps().size() == 4);
    }
    assertThat(model.steps())
        .containsExactly(List.of(6, 4), List.of(5), List.of(6, 1), List.of(10));
    assertVectors(reply.join(), texts);
  }

  @Test
  void aCancelledRequestIsNotComputed() {
    var cancelled = scheduler.submit(List.of(ofLength(8), ofLength(8)));
    List<int[]> texts = List.of(ofLength(3));
    var kept = scheduler.submit(texts);
    cancelled.cancel(false);
    assertThat(scheduler.step()).isTrue();
    assertThat(model.steps()).containsExactly(List.of(3));
    assertVectors(kept.join(), texts);
  }

  @Test
  void aFailureFailsTheRequestsOfItsStepAlone() {
    var failing = scheduler.submit(List.of(ofLength(9), ofLength(9)));
    List<int[]> texts = List.of(ofLength(2));
    var next = scheduler.submit(texts);
    model.failNext();
    assertThat(scheduler.step()).isTrue();
    assertThatThrownBy(failing::join)
        .isInstanceOf(CompletionException.class)
        .cause()
        .isInstanceOf(EngineFailedException.class)
        .hasMessageContaining("scripted failure");
    assertThat(scheduler.step()).isTrue();
    assertVectors(next.join(), texts);
    assertThat(model.steps()).containsExactly(List.of(2));
  }

  @Test
  void closingFailsWhatIsLeftAndRefusesMore() {
    var left = scheduler.submit(List.of(ofLength(2)));
    scheduler.close();
    scheduler.run();
    assertThatThrownBy(left::join).cause().isInstanceOf(EngineClosedException.class);
    assertThatThrownBy(() -> scheduler.submit(List.of(ofLength(1))))
        .isInstanceOf(EngineClosedException.class);
    assertThat(model.steps()).isEmpty();
  }

  @Test
  void requestsAreRefusedWhileTooManyTextsWait() {
    var large = scheduler.submit(Collections.nCopies(MAX_QUEUE + 5, ofLength(10)));
    assertThat(scheduler.waiting()).isEqualTo(MAX_QUEUE + 5);
    assertThatThrownBy(() -> scheduler.submit(List.of(text(1))))
        .isInstanceOf(QueueFullException.class)
        .hasMessageContaining("13 sequences wait")
        .hasMessageContaining("at most 8 may");

    while (scheduler.waiting() >= MAX_QUEUE) {
      assertThatThrownBy(() -> scheduler.submit(List.of(text(1))))
          .isInstanceOf(QueueFullException.class);
      scheduler.step();
    }
    var small = scheduler.submit(List.of(text(1)));
    while (scheduler.step()) {
      assertThat(scheduler.running()).isZero();
    }
    assertThat(scheduler.waiting()).isZero();
    assertThat(large.join()).hasSize(MAX_QUEUE + 5);
    assertVectors(small.join(), List.of(text(1)));
  }

  @Test
  void withoutAQueueOneRequestMayWait() {
    EncoderScheduler none = new EncoderScheduler(model, MEAN, 0, clock::incrementAndGet);
    var one = none.submit(List.of(text(1), text(2)));
    assertThatThrownBy(() -> none.submit(List.of(text(3)))).isInstanceOf(QueueFullException.class);
    none.step();
    assertThat(one).isCompleted();
    none.submit(List.of(text(3)));
  }

  @Test
  void aStepSaysHowManyTextsItComputes() {
    AtomicInteger running = new AtomicInteger();
    EncoderScheduler[] own = new EncoderScheduler[1];
    own[0] =
        new EncoderScheduler(
            model,
            MEAN,
            MAX_QUEUE,
            () -> {
              running.accumulateAndGet(own[0].running(), Math::max);
              return clock.incrementAndGet();
            });
    own[0].submit(List.of(text(1), text(2), text(3)));
    own[0].step();
    assertThat(running).hasValue(3);
    assertThat(own[0].running()).isZero();
  }

  @Test
  void aLostThreadFailsAllRequestsNowAndLater() {
    EncoderScheduler lost =
        new EncoderScheduler(
            model,
            MEAN,
            MAX_QUEUE,
            () -> {
              throw new IllegalStateException("no clock");
            });
    var reply = lost.submit(List.of(ofLength(1)));
    lost.run();
    assertThatThrownBy(reply::join).cause().isInstanceOf(EngineFailedException.class);
    assertThatThrownBy(() -> lost.submit(List.of(ofLength(1))))
        .isInstanceOf(EngineFailedException.class)
        .hasMessageContaining("no clock")
        .hasMessageContaining("build a new one");
  }

  @Test
  void manyCallersGetTheirOwnVectors() throws Exception {
    long seed = new Random().nextLong();
    try (EngineThread<ScriptedEncoder, EncoderScheduler> thread =
            EngineThread.start(
                "encoder",
                () -> model,
                m -> new EncoderScheduler(m, MEAN, 1000, System::nanoTime));
        ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> done = new ArrayList<>();
      for (int caller = 0; caller < 20; caller++) {
        Random random = new Random(seed + caller);
        done.add(
            callers.submit(
                () -> {
                  for (int round = 0; round < 20; round++) {
                    List<int[]> texts = texts(random);
                    assertVectors(thread.scheduler().submit(texts).join(), texts);
                  }
                }));
      }
      for (Future<?> each : done) {
        try {
          each.get();
        } catch (java.util.concurrent.ExecutionException e) {
          throw new AssertionError("seed " + seed, e);
        }
      }
    }
    assertThat(model.closed()).isTrue();
  }

  private static List<int[]> texts(Random random) {
    List<int[]> texts = new ArrayList<>();
    for (int i = random.nextInt(8); i >= 0; i--) {
      texts.add(random.ints(1 + random.nextInt(10), 0, 100).toArray());
    }
    return texts;
  }

  @Test
  void whatTheOpenerThrowsIsThrownAndNothingIsLeft() {
    assertThatThrownBy(
            () ->
                EngineThread.start(
                    "encoder",
                    () -> {
                      throw new IllegalStateException("not there");
                    },
                    m -> scheduler))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("not there");
    assertThatThrownBy(
            () ->
                EngineThread.start(
                    "encoder",
                    () -> model,
                    m -> {
                      throw new IllegalStateException("no scheduler");
                    }))
        .hasMessage("no scheduler");
  }

  @Test
  void closingAThreadEndsTheRequestsUnderWay() {
    CompletableFuture<List<float[]>> reply;
    try (EngineThread<ScriptedEncoder, EncoderScheduler> thread =
        EngineThread.start(
            "encoder", () -> model, m -> new EncoderScheduler(m, MEAN, 1000, System::nanoTime))) {
      assertThat(thread.model()).isSameAs(model);
      reply = thread.scheduler().submit(List.of(ofLength(3)));
      reply.join();
    }
    assertThat(reply).isCompleted();
    assertThat(model.closed()).isTrue();
  }
}
