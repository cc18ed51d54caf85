package org.mlcengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mlcengine.RequestSummary.Operation;
import org.mlcengine.conversation.Conversation;
import org.mlcengine.errors.ContextLengthExceededException;
import org.mlcengine.errors.EngineClosedException;
import org.mlcengine.errors.EngineFailedException;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.errors.ModelNotLoadedException;
import org.mlcengine.errors.QueueFullException;
import org.mlcengine.errors.RequestInterruptedException;
import org.mlcengine.errors.RequestTimeoutException;
import org.mlcengine.model.EmbeddingMetadata;
import org.mlcengine.model.ModelConfig;
import org.mlcengine.protocol.ChatCompletion;
import org.mlcengine.protocol.ChatCompletionChunk;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.Completion;
import org.mlcengine.protocol.CompletionCreateParams;
import org.mlcengine.protocol.EmbeddingCreateParams;
import org.mlcengine.protocol.FinishReason;
import org.mlcengine.runtime.ScriptedEncoder;
import org.mlcengine.runtime.ScriptedModel;
import org.mlcengine.scheduler.EncoderScheduler;
import org.mlcengine.scheduler.EngineThread;
import org.mlcengine.scheduler.Scheduler;
import org.mlcengine.scheduler.SchedulerLimits;
import org.mlcengine.tokenizer.Tokenizer;
import org.mlcengine.tools.MarkedTokenizer;

/** What a listener hears of requests, on models that never end a reply by themselves. */
class EngineListenerTest {
  private static final int CONTEXT = 8_000;

  /** More than fit between the engine's thread and a reader, so that a reply waits for both. */
  private static final int MANY_TOKENS = 2_000;

  @TempDir private Path folder;
  private final List<RequestSummary> told = new CopyOnWriteArrayList<>();
  private EngineListener listener =
      new EngineListener() {
        @Override
        public void onRequestEnd(RequestSummary request) {
          told.add(request);
        }
      };

  private MLCEngine engine(ScriptedModel model, Tokenizer tokenizer) throws IOException {
    ObjectNode config = (ObjectNode) new JsonMapper().readTree("{\"quantization\": \"none\"}");
    config.put("model_type", "llama").put("vocab_size", tokenizer.vocabSize());
    config.put("context_window_size", CONTEXT).put("prefill_chunk_size", 4_096);
    config.putObject("model_config").put("vocab_size", tokenizer.vocabSize());
    Files.writeString(folder.resolve("mlc-chat-config.json"), config.toString());
    EngineThread<ScriptedModel, Scheduler> thread =
        EngineThread.start(
            "scripted",
            () -> model,
            scripted ->
                new Scheduler(scripted, new SchedulerLimits(4, 4096, 8, 0), System::nanoTime));
    EngineInfo info = info(tokenizer.vocabSize());
    Requests requests =
        new Requests(
            thread.scheduler(),
            tokenizer,
            Conversation.named("chatml"),
            ModelConfig.read(folder),
            info);
    return new MLCEngine(
        MLCEngine.builder().listener(listener),
        new ModelSlot.Loaded(info, Service.Text.of(thread, requests, "llama")));
  }

  private MLCEngine engine() throws IOException {
    Tokenizer tokenizer = MarkedTokenizer.load(folder, List.of());
    return engine(model(tokenizer), tokenizer);
  }

  private static ScriptedModel model(Tokenizer tokenizer) {
    int letter = tokenizer.encode("a")[0];
    return new ScriptedModel(tokenizer.vocabSize(), 1_000, tokens -> letter);
  }

  private MLCEngine encoder(ScriptedEncoder model) {
    Tokenizer tokenizer = MarkedTokenizer.load(folder, List.of());
    EngineThread<ScriptedEncoder, EncoderScheduler> thread =
        EngineThread.start(
            "encoder",
            () -> model,
            m ->
                new EncoderScheduler(
                    m,
                    new EmbeddingMetadata(EmbeddingMetadata.Pooling.MEAN, false),
                    1024,
                    System::nanoTime));
    EngineInfo info = info(tokenizer.vocabSize());
    ModelEmbeddings embeddings =
        new ModelEmbeddings(thread.scheduler(), tokenizer, info, ScriptedEncoder.SIZE);
    return new MLCEngine(
        MLCEngine.builder().listener(listener),
        new ModelSlot.Loaded(info, new Service.Vectors(thread, embeddings, "bert")));
  }

  private EngineInfo info(int vocabulary) {
    return new EngineInfo(
        "scripted",
        folder,
        folder,
        "llama",
        "none",
        "cpu",
        1,
        CONTEXT,
        CONTEXT - 1,
        4_096,
        4,
        vocabulary,
        0,
        0,
        0,
        Duration.ZERO);
  }

  private static ChatCompletionCreateParams.Builder ask(int maxTokens) {
    return ChatCompletionCreateParams.builder()
        .addUserMessage("Rome?")
        .model("a name of the caller's")
        .temperature(0)
        .maxTokens(maxTokens);
  }

  /** The only summary, whose times must be in order. */
  private RequestSummary one() {
    assertThat(told).hasSize(1);
    RequestSummary request = told.getFirst();
    assertThat(request.duration()).isPositive();
    assertThat(request.timeToFirstToken().orElse(Duration.ZERO))
        .isBetween(Duration.ZERO, request.duration());
    return request;
  }

  private RequestSummary refused(Class<? extends RuntimeException> type, Runnable request) {
    told.clear();
    assertThatThrownBy(request::run)
        .isInstanceOf(type)
        .satisfies(thrown -> assertThat(one().failure().orElseThrow()).isSameAs(thrown));
    RequestSummary told = one();
    assertThat(told.finishReasons()).isEmpty();
    assertThat(told.promptTokens() + told.cachedTokens() + told.completionTokens()).isZero();
    assertThat(told.timeToFirstToken()).isEmpty();
    return told;
  }

  @Test
  void aReplyIsToldBeforeItsCallerHasIt() throws IOException {
    try (MLCEngine engine = engine()) {
      ChatCompletion reply = engine.chat().completions().create(ask(3).n(2).build());
      RequestSummary request = one();
      assertThat(request.operation()).isEqualTo(Operation.CHAT);
      assertThat(request.operation().value()).isEqualTo("chat");
      assertThat(request.model()).isEqualTo("scripted");
      assertThat(request.choices()).isEqualTo(2);
      assertThat(request.promptTokens()).isEqualTo(reply.usage().orElseThrow().promptTokens());
      assertThat(request.completionTokens())
          .isEqualTo(reply.usage().orElseThrow().completionTokens())
          .isEqualTo(6);
      assertThat(request.timeToFirstToken()).isPresent();
      assertThat(request.finishReasons()).containsExactly(FinishReason.LENGTH, FinishReason.LENGTH);
      assertThat(request.failure()).isEmpty();
    }
    one();
  }

  @Test
  void aStreamIsToldBeforeItsLastChunk() throws IOException {
    try (MLCEngine engine = engine();
        CompletionStream<Completion> stream =
            engine
                .completions()
                .createStreaming(
                    CompletionCreateParams.builder().prompt("Rome").maxTokens(2).build())) {
      stream.forEach(chunk -> assertThat(chunk.choices()).isNotEmpty());
      assertThat(one().operation().value()).isEqualTo("text_completion");
      assertThat(one().completionTokens()).isEqualTo(2);
      assertThat(one().finishReasons()).containsExactly(FinishReason.LENGTH);
    }
    one();
  }

  @Test
  void aStreamThatIsClosedEarlyIsToldWithoutFailure() throws IOException {
    try (MLCEngine engine = engine()) {
      try (CompletionStream<ChatCompletionChunk> stream =
          engine.chat().completions().createStreaming(ask(MANY_TOKENS).build())) {
        assertThat(stream.iterator().next().choices()).isNotEmpty();
        assertThat(told).isEmpty();
      }
      engine.unload();
      RequestSummary request = one();
      assertThat(request.finishReasons()).containsExactly(FinishReason.ABORT);
      assertThat(request.failure()).isEmpty();
      assertThat(request.promptTokens()).isPositive();
      assertThat(request.completionTokens()).isBetween(0, MANY_TOKENS - 1);
    }
    one();
  }

  @Test
  void anAbandonedStreamIsToldWhenTheEngineIsClosed() throws IOException {
    CompletionStream<ChatCompletionChunk> stream;
    try (MLCEngine engine = engine()) {
      stream = engine.chat().completions().createStreaming(ask(MANY_TOKENS).n(2).build());
      assertThat(told).isEmpty();
    }
    RequestSummary request = one();
    assertThat(request.finishReasons()).containsExactly(FinishReason.ERROR, FinishReason.ERROR);
    assertThat(request.failure().orElseThrow()).isInstanceOf(EngineClosedException.class);
    assertThat(request.promptTokens()).isPositive();
    stream.close();
    one();
  }

  @Test
  void aTimeoutIsTold() throws IOException {
    try (MLCEngine engine = engine()) {
      ChatCompletionCreateParams params =
          ask(MANY_TOKENS).n(3).timeout(Duration.ofNanos(1)).build();
      assertThatThrownBy(() -> engine.chat().completions().create(params))
          .isInstanceOf(RequestTimeoutException.class);
      engine.unload();
      assertThat(one().failure().orElseThrow()).isInstanceOf(RequestTimeoutException.class);
      assertThat(one().finishReasons()).hasSize(3).contains(FinishReason.ERROR);
    }
    one();
  }

  @Test
  void aFailedModelIsTold() throws IOException {
    Tokenizer tokenizer = MarkedTokenizer.load(folder, List.of());
    ScriptedModel model = model(tokenizer);
    model.failIf(batch -> true);
    try (MLCEngine engine = engine(model, tokenizer)) {
      assertThatThrownBy(() -> engine.chat().completions().create(ask(3).build()))
          .isInstanceOf(EngineFailedException.class)
          .satisfies(thrown -> assertThat(one().failure().orElseThrow()).isSameAs(thrown));
      assertThat(one().timeToFirstToken()).isEmpty();
    }
    one();
  }

  @Test
  void anInterruptedCallerIsTold() throws IOException {
    try (MLCEngine engine = engine()) {
      Iterator<ChatCompletionChunk> chunks =
          engine.chat().completions().createStreaming(ask(MANY_TOKENS).build()).iterator();
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> chunks.forEachRemaining(chunk -> {}))
          .isInstanceOf(RequestInterruptedException.class);
      assertThat(Thread.interrupted()).isTrue();
      engine.unload();
      assertThat(one().failure().orElseThrow()).isInstanceOf(RequestInterruptedException.class);
      assertThat(one().finishReasons()).containsExactly(FinishReason.ABORT);
    }
    one();
  }

  @Test
  void refusedRequestsAreTold() throws IOException {
    MLCEngine engine = engine();
    try (engine) {
      RequestSummary full =
          refused(
              QueueFullException.class,
              () -> engine.chat().completions().create(ask(3).n(13).build()));
      assertThat(full.choices()).isEqualTo(13);
      assertThat(full.model()).isEqualTo("scripted");
      refused(
          QueueFullException.class,
          () -> engine.chat().completions().createStreaming(ask(3).n(13).build()));
      CompletionCreateParams.Builder prompt = CompletionCreateParams.builder();
      refused(
          ContextLengthExceededException.class,
          () -> engine.completions().create(prompt.promptTokens(new int[CONTEXT]).build()));
      refused(
          InvalidRequestException.class,
          () -> engine.completions().create(prompt.promptTokens(1_000_000).build()));
      RequestSummary other =
          refused(
              InvalidRequestException.class,
              () ->
                  engine
                      .embeddings()
                      .create(EmbeddingCreateParams.builder().addInput("a").build()));
      assertThat(other.operation().value()).isEqualTo("embeddings");
      engine.unload();
      RequestSummary unloaded =
          refused(
              ModelNotLoadedException.class,
              () -> engine.chat().completions().create(ask(3).build()));
      assertThat(unloaded.model()).isEmpty();
    }
  }

  @Test
  void embeddingsAreTold() {
    ScriptedEncoder model = new ScriptedEncoder(100);
    try (MLCEngine engine = encoder(model)) {
      EmbeddingCreateParams params =
          EmbeddingCreateParams.builder().addInputTokens(1, 2, 3).addInputTokens(4).build();
      int tokens = engine.embeddings().create(params).usage().promptTokens();
      RequestSummary request = one();
      assertThat(request.operation()).isEqualTo(Operation.EMBEDDINGS);
      assertThat(request.choices()).isEqualTo(2);
      assertThat(request.promptTokens()).isEqualTo(tokens).isEqualTo(4);
      assertThat(request.completionTokens()).isZero();
      assertThat(request.finishReasons()).isEmpty();
      assertThat(request.failure()).isEqualTo(Optional.empty());
      model.failNext();
      refused(EngineFailedException.class, () -> engine.embeddings().create(params));
    }
    one();
  }

  @Test
  void whatAListenerThrowsHurtsNobody() throws IOException {
    for (Throwable thrown : List.of(new IllegalStateException("x"), new AssertionError("y"))) {
      told.clear();
      EngineListener recorder = listener;
      listener =
          new EngineListener() {
            @Override
            public void onRequestEnd(RequestSummary request) {
              recorder.onRequestEnd(request);
              sneak(thrown);
            }
          };
      try (MLCEngine engine = engine()) {
        for (int request = 1; request <= 2; request++) {
          assertThat(engine.chat().completions().create(ask(3).build()).choices()).hasSize(1);
          assertThat(told).hasSize(request);
        }
      }
      listener = recorder;
    }
  }

  @SuppressWarnings("unchecked")
  private static <E extends Throwable> void sneak(Throwable thrown) throws E {
    throw (E) thrown;
  }

  @Test
  void aBuilderForAnotherModelHasTheSameListener() {
    assertThat(MLCEngine.builder().listener(listener).forModel(folder).listener).isSameAs(listener);
  }
}
