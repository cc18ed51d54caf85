package org.mlcengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mlcengine.errors.ContextLengthExceededException;
import org.mlcengine.errors.EngineClosedException;
import org.mlcengine.errors.EngineFailedException;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.errors.RequestInterruptedException;
import org.mlcengine.model.EmbeddingMetadata;
import org.mlcengine.model.EmbeddingMetadata.Pooling;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.CompletionCreateParams;
import org.mlcengine.protocol.EmbeddingCreateParams;
import org.mlcengine.protocol.EmbeddingResponse;
import org.mlcengine.runtime.ScriptedEncoder;
import org.mlcengine.scheduler.EncoderScheduler;
import org.mlcengine.scheduler.EngineThread;
import org.mlcengine.tokenizer.Tokenizer;
import org.mlcengine.tools.MarkedTokenizer;

/** The embeddings of the API on a model without natives. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ScriptedEmbeddingsTest {
  private static final int MOST = 8;

  @TempDir Path folder;
  private final ScriptedEncoder model = new ScriptedEncoder(MOST);
  private Tokenizer tokenizer;
  private MLCEngine engine;

  @BeforeEach
  void open() {
    tokenizer = MarkedTokenizer.load(folder, List.of("<end>"));
    engine = open(System::nanoTime);
  }

  private MLCEngine open(java.util.function.LongSupplier clock) {
    EmbeddingMetadata pooling = new EmbeddingMetadata(Pooling.MEAN, false);
    EngineThread<ScriptedEncoder, EncoderScheduler> thread =
        EngineThread.start(
            "scripted", () -> model, m -> new EncoderScheduler(m, pooling, 1024, clock));
    EngineInfo info =
        new EngineInfo(
            "scripted",
            folder,
            folder,
            "bert",
            "none",
            "cpu",
            1,
            MOST,
            MOST,
            MOST,
            MOST,
            tokenizer.vocabSize(),
            0,
            0,
            0,
            Duration.ZERO);
    ModelEmbeddings embeddings =
        new ModelEmbeddings(thread.scheduler(), tokenizer, info, ScriptedEncoder.SIZE);
    return new MLCEngine(
        MLCEngine.builder(),
        new ModelSlot.Loaded(info, new Service.Vectors(thread, embeddings, "bert")));
  }

  @AfterEach
  void close() {
    engine.close();
    assertThat(model.closed()).isTrue();
  }

  private EmbeddingResponse create(EmbeddingCreateParams.Builder params) {
    return engine.embeddings().create(params.build());
  }

  private static EmbeddingCreateParams.Builder params() {
    return EmbeddingCreateParams.builder();
  }

  @Test
  void eachInputGetsItsVectorInItsPlace() {
    EmbeddingResponse reply =
        create(params().addInputTokens(2, 4).addInput("abc").addInputTokens(1, 1, 1, 1, 1, 1));
    assertThat(reply.model()).isEqualTo("scripted");
    assertThat(reply.data().get(0).vector()).containsExactly(3, 0.5f, 2);
    assertThat(reply.data().get(1).vector()[2])
        .isEqualTo(tokenizer.encodeWithSpecialTokens("abc").length);
    assertThat(reply.data().get(2).vector()).containsExactly(1, 2.5f, 6);
    assertThat(reply.data())
        .extracting(EmbeddingResponse.Embedding::index)
        .containsExactly(0, 1, 2);
    assertThat(reply.usage().promptTokens())
        .isEqualTo(8 + tokenizer.encodeWithSpecialTokens("abc").length);
    assertThat(engine.metrics().prefill().tokens()).isEqualTo(reply.usage().promptTokens());
    assertThat(engine.embeddings().dimensions()).isEqualTo(3);
  }

  @Test
  void whatDoesNotFitIsRefusedBeforeAnythingIsComputed() {
    assertThatThrownBy(
            () -> create(params().addInputTokens(1).addInputTokens(1, 2, 3, 4, 5, 6, 7, 8, 9)))
        .isInstanceOfSatisfying(
            ContextLengthExceededException.class,
            e -> assertThat(List.of(e.promptTokens(), e.maxInputTokens())).containsExactly(9, 8))
        .hasMessageStartingWith("input[1] has 9 tokens; this engine takes at most 8.");
    assertThatThrownBy(() -> create(params().addInputTokens(tokenizer.vocabSize())))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageStartingWith("input: expected token ids from 0 to ");
    assertThatThrownBy(() -> create(params().addInput("")))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("at least one token");
    assertThatThrownBy(() -> create(params().addInputTokens(1).dimensions(2)))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageStartingWith("dimensions: expected 3");
    assertThat(model.steps()).isEmpty();
  }

  @Test
  void theRestOfTheApiIsRefusedByName() {
    var chat = ChatCompletionCreateParams.builder().addUserMessage("a").build();
    assertThatThrownBy(() -> engine.chat().completions().create(chat))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageStartingWith("model: expected a language model for chat");
    var text = CompletionCreateParams.builder().prompt("a").build();
    assertThatThrownBy(() -> engine.completions().create(text))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageStartingWith("model: expected a language model for text completions");
  }

  @Test
  void aFailureReachesItsCallerAndTheEngineGoesOn() {
    model.failNext();
    assertThatThrownBy(() -> create(params().addInputTokens(1)))
        .isInstanceOf(EngineFailedException.class)
        .hasMessageContaining("scripted failure");
    assertThat(create(params().addInputTokens(5)).data().getFirst().vector())
        .containsExactly(5, 0, 1);
  }

  @Test
  void anInterruptedCallerIsToldSo() throws Exception {
    engine.close();
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    engine =
        open(
            () -> {
              entered.countDown();
              try {
                release.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
              return 0;
            });
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread caller =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    create(params().addInputTokens(1));
                  } catch (RuntimeException e) {
                    thrown.set(e);
                  }
                });
    entered.await();
    caller.interrupt();
    caller.join();
    release.countDown();
    assertThat(thrown.get()).isInstanceOf(RequestInterruptedException.class);
  }

  @Test
  void aClosedEngineRefusesRequests() {
    engine.close();
    assertThatThrownBy(() -> create(params().addInputTokens(1)))
        .isInstanceOf(EngineClosedException.class);
  }
}
