package org.mlcengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.mlcengine.errors.EngineClosedException;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.protocol.ChatCompletionCreateParams;

class IdleUnloadTest {
  private static final Duration AFTER = Duration.ofSeconds(10);

  private final AtomicLong now = new AtomicLong(7);
  private final IdleUnload idle = new IdleUnload(AFTER, now::get);

  private void pass(int seconds) {
    now.addAndGet(Duration.ofSeconds(seconds).toNanos());
  }

  @Test
  void timeCountsFromTheEndOfTheLastRequest() {
    assertThat(idle.left()).isEqualTo(AFTER.toNanos());
    pass(9);
    assertThat(idle.left()).isPositive();
    idle.began();
    idle.began();
    pass(100);
    assertThat(idle.left()).isPositive();
    idle.ended();
    pass(100);
    assertThat(idle.left()).as("one is under way").isPositive();
    idle.ended();
    assertThat(idle.left()).isEqualTo(AFTER.toNanos());
    pass(10);
    assertThat(idle.left()).isNotPositive();
  }

  @Test
  void theActionIsCalledWhenItIsTime() throws Exception {
    CountDownLatch called = new CountDownLatch(2);
    try (IdleUnload quick = new IdleUnload(Duration.ofMillis(1), System::nanoTime)) {
      quick.start(called::countDown);
      called.await();
    }
  }

  @Test
  void anIdleTimeIsPositive() {
    for (Duration wrong : List.of(Duration.ZERO, Duration.ofSeconds(-1), Duration.ofDays(1000))) {
      assertThatThrownBy(() -> MLCEngine.builder().idleUnload(wrong))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("365");
    }
  }

  private static String reply(MLCEngine engine) {
    return engine
        .chat()
        .completions()
        .create(
            ChatCompletionCreateParams.builder()
                .addUserMessage("Tell me a story.")
                .temperature(0)
                .maxTokens(6)
                .build())
        .choices()
        .getFirst()
        .message()
        .content()
        .orElseThrow();
  }

  private static MLCEngine.Builder builder() {
    return MLCEngine.builder()
        .model(TestModel.folder())
        .contextWindowSize(256)
        .maxTotalSequenceLength(256);
  }

  private static void awaitRest(MLCEngine engine) {
    while (engine.metrics().load().kvPages() > 0) {
      Thread.onSpinWait();
    }
  }

  @Test
  void theNextRequestLoadsTheModelAgain() {
    try (MLCEngine engine = builder().idleUnload(Duration.ofMillis(50)).build()) {
      EngineInfo info = engine.info();
      String expected = reply(engine);
      for (int i = 0; i < 2; i++) {
        awaitRest(engine);
        assertThat(engine.info().model()).isEqualTo(info.model());
        assertThat(reply(engine)).isEqualTo(expected);
      }
      awaitRest(engine);
    }
  }

  @Test
  void noRequestIsLostWhileTheModelComesAndGoes() throws Exception {
    try (MLCEngine engine = builder().idleUnload(Duration.ofNanos(1)).build();
        ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      String expected = reply(engine);
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        all.add(
            callers.submit(
                () -> {
                  for (int n = 0; n < 5; n++) {
                    assertThat(reply(engine)).isEqualTo(expected);
                  }
                }));
      }
      for (Future<?> caller : all) {
        caller.get();
      }
    }
  }

  @Test
  void aRestingModelCanBeReplacedUnloadedAndClosed() {
    MLCEngine engine = builder().idleUnload(Duration.ofMillis(1)).build();
    awaitRest(engine);
    engine.reload(TestModel.folder());
    assertThat(reply(engine)).isNotEmpty();
    awaitRest(engine);
    engine.unload();
    assertThatThrownBy(() -> reply(engine)).hasMessageContaining("reload");
    engine.reload(TestModel.folder());
    awaitRest(engine);
    engine.close();
    assertThatThrownBy(() -> reply(engine)).isInstanceOf(EngineClosedException.class);
  }
}
