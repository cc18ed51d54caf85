package org.mlcengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mlcengine.bindings.TvmRuntime;
import org.mlcengine.errors.EngineClosedException;
import org.mlcengine.errors.ModelNotLoadedException;
import org.mlcengine.protocol.ChatCompletionChunk;
import org.mlcengine.protocol.ChatCompletionCreateParams;

/**
 * An engine on the real model that is closed by several threads at once, wherever it is: in a
 * prefill, in a decode, while it unloads or opens a model. Every caller gets a reply or a typed
 * exception, and nothing native is left. {@code -Drounds} sets how often.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CloseRacesTest {
  private static final int ROUNDS = Integer.getInteger("rounds", 6);
  private static final int LONGEST_DELAY_MILLIS = 150;

  private final long seed = Long.getLong("mlc.test.seed", new Random().nextInt());

  /** What a thread does with the engine. */
  private interface Action {
    void run(MLCEngine engine) throws Exception;
  }

  @Test
  void everyCallerGetsAnEndAndNothingIsLeft() throws Exception {
    long live = TvmRuntime.liveCount();
    for (int round = 0; round < ROUNDS; round++) {
      Random random = new Random(seed + round);
      MLCEngine engine =
          MLCEngine.builder()
              .model(TestModel.folder())
              .contextWindowSize(512)
              .maxTotalSequenceLength(1024)
              .maxNumSequence(3)
              .build();
      run(engine, random, round);
      engine.close();
      assertThat(TvmRuntime.liveCount()).as("seed %d, round %d", seed, round).isEqualTo(live);
      assertThatThrownBy(() -> reply(engine)).isInstanceOf(EngineClosedException.class);
    }
  }

  private void run(MLCEngine engine, Random random, int round) throws Exception {
    List<Action> actions = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      actions.add(CloseRacesTest::reply);
      actions.add(CloseRacesTest::stream);
      actions.add(MLCEngine::close);
    }
    actions.add(e -> e.reload(TestModel.folder()));
    if (random.nextInt(3) == 0) {
      actions.add(MLCEngine::unload);
    }
    CountDownLatch start = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newThreadPerTaskExecutor(Thread::new)) {
      List<Future<?>> all = new ArrayList<>();
      for (Action action : actions) {
        int delay = random.nextInt(LONGEST_DELAY_MILLIS);
        all.add(
            threads.submit(
                () -> {
                  start.await();
                  Thread.sleep(delay);
                  action.run(engine);
                  return null;
                }));
      }
      start.countDown();
      for (Future<?> each : all) {
        try {
          each.get();
        } catch (ExecutionException e) {
          assertThat(e.getCause())
              .as("seed %d, round %d", seed, round)
              .isInstanceOfAny(EngineClosedException.class, ModelNotLoadedException.class);
        }
      }
    }
  }

  private static ChatCompletionCreateParams request() {
    return ChatCompletionCreateParams.builder()
        .addUserMessage("Tell me a story. " + "Go on. ".repeat(80))
        .ignoreEos(true)
        .maxTokens(60)
        .build();
  }

  private static void reply(MLCEngine engine) {
    assertThat(engine.chat().completions().create(request()).choices()).hasSize(1);
  }

  private static void stream(MLCEngine engine) throws InterruptedException {
    try (CompletionStream<ChatCompletionChunk> stream =
        engine.chat().completions().createStreaming(request())) {
      for (ChatCompletionChunk chunk : stream) {
        assertThat(chunk.choices()).hasSize(1);
        Thread.sleep(1);
      }
    }
  }

  /** A close does not wait for the model that is being opened before it ends the requests. */
  @Test
  void closingWhileAModelIsOpenedFailsTheRequestsUnderWayFirst() throws Exception {
    CountDownLatch opening = new CountDownLatch(1);
    CountDownLatch failed = new CountDownLatch(1);
    boolean[] reloading = new boolean[1];
    MLCEngine engine =
        MLCEngine.builder()
            .model(TestModel.folder())
            .contextWindowSize(512)
            .maxTotalSequenceLength(512)
            .loadListener(
                (phase, done, total) -> {
                  if (reloading[0]) {
                    opening.countDown();
                    await(failed);
                  }
                })
            .build();
    reloading[0] = true;
    try (ExecutorService threads = Executors.newThreadPerTaskExecutor(Thread::new);
        CompletionStream<ChatCompletionChunk> stream =
            engine
                .chat()
                .completions()
                .createStreaming(request().toBuilder().maxTokens(400).build())) {
      Future<?> reload = threads.submit(() -> engine.reload(TestModel.folder()));
      opening.await();
      Future<?> close = threads.submit(engine::close);
      assertThatThrownBy(
              () -> {
                for (ChatCompletionChunk chunk : stream) {
                  assertThat(chunk.choices()).hasSize(1);
                }
              })
          .isInstanceOf(EngineClosedException.class);
      assertThat(close.isDone()).isFalse();
      failed.countDown();
      assertThatThrownBy(reload::get).hasCauseInstanceOf(EngineClosedException.class);
      close.get();
    } finally {
      failed.countDown();
      engine.close();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
