package org.mlcengine;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.mlcengine.conversation.PromptTemplate;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.errors.ModelLoadException;
import org.mlcengine.model.EmbeddingMetadata;
import org.mlcengine.model.EngineLimits;
import org.mlcengine.model.LimitRequest;
import org.mlcengine.model.MemoryPlan;
import org.mlcengine.model.ModelConfig;
import org.mlcengine.runtime.LoadThread;
import org.mlcengine.runtime.ModelFacts;
import org.mlcengine.runtime.OpenListener;
import org.mlcengine.runtime.OpenRequest;
import org.mlcengine.runtime.TvmEncoderModel;
import org.mlcengine.runtime.TvmLanguageModel;
import org.mlcengine.runtime.TvmModelLoader;
import org.mlcengine.scheduler.EncoderScheduler;
import org.mlcengine.scheduler.EngineThread;
import org.mlcengine.scheduler.Scheduler;
import org.mlcengine.scheduler.SchedulerLimits;
import org.mlcengine.speculation.Speculation;
import org.mlcengine.tokenizer.Tokenizer;
import org.mlcengine.tokenizer.files.Tokenizers;

/** Opens an engine: the model on the engine's thread, the tokenizer meanwhile on another. */
final class EngineLoader {
  /** Prompts of ended sequences that are kept by default, where few run at once. */
  private static final int LEAST_KEPT = 8;

  private final MLCEngine.Builder options;
  private final Path folder;
  private final long start = System.nanoTime();

  private EngineLoader(MLCEngine.Builder options, Path folder) {
    this.options = options;
    this.folder = folder;
  }

  static ModelSlot.Loaded load(MLCEngine.Builder options, Path folder) {
    return new EngineLoader(options, folder.toAbsolutePath().normalize()).load();
  }

  private ModelSlot.Loaded load() {
    LimitRequest limits = limits();
    // Before any other thread works: until libtvm_ffi is open, a safepoint could end the process.
    TvmModelLoader.loadNatives(options.natives);
    CompletableFuture<Tokenizer> tokenizer = tokenizer(folder);
    ModelConfig config = ModelConfig.read(folder);
    OpenRequest request =
        new OpenRequest(
            config,
            options.modelLib,
            options.natives,
            options.threads != null ? options.threads : Runtime.getRuntime().availableProcessors(),
            limits,
            options.verifyWeights);
    Listener listener = new Listener(options.loadListener);
    return config.embedding().isPresent()
        ? loadEncoder(request, config.embedding().get(), listener, tokenizer)
        : loadLanguageModel(request, listener, tokenizer);
  }

  private ModelSlot.Loaded loadLanguageModel(
      OpenRequest request, Listener listener, CompletableFuture<Tokenizer> tokenizer) {
    ModelConfig config = request.config();
    SpeculationLoader speculation = new SpeculationLoader(options);
    PromptTemplate template =
        PromptTemplate.choose(
            config.convTemplate(),
            folder,
            options.modelChatTemplate,
            config.eosTokenIds(),
            Clock.systemDefaultZone());
    EngineThread<TvmLanguageModel, Scheduler> thread =
        EngineThread.start(
            threadName(),
            () -> speculation.open(request, listener),
            model -> scheduler(model, speculation.speculation(model)));
    try {
      EngineInfo info = info(thread.model().facts());
      Tokenizer own = await(tokenizer, folder);
      speculation.checkTokenizer(own, folder);
      Requests requests = new Requests(thread.scheduler(), own, template, config, info);
      return new ModelSlot.Loaded(info, Service.Text.of(thread, requests, config.modelType()));
    } catch (RuntimeException | Error e) {
      thread.close();
      throw e;
    }
  }

  private ModelSlot.Loaded loadEncoder(
      OpenRequest request,
      EmbeddingMetadata pooling,
      Listener listener,
      CompletableFuture<Tokenizer> tokenizer) {
    if (options.modelChatTemplate) {
      throw new InvalidRequestException(
          "modelChatTemplate", "an encoder has no prompts to write; leave it out.");
    }
    SpeculationLoader.refuseForEncoder(options);
    EngineThread<TvmEncoderModel, EncoderScheduler> thread =
        EngineThread.start(
            threadName(),
            () -> TvmModelLoader.openEncoder(request, listener),
            model -> new EncoderScheduler(model, pooling, options.maxQueue, System::nanoTime));
    try {
      EngineInfo info = info(thread.model().facts());
      ModelEmbeddings embeddings =
          new ModelEmbeddings(
              thread.scheduler(), await(tokenizer, folder), info, thread.model().hiddenSize());
      return new ModelSlot.Loaded(
          info, new Service.Vectors(thread, embeddings, request.config().modelType()));
    } catch (RuntimeException | Error e) {
      thread.close();
      throw e;
    }
  }

  private String threadName() {
    return "mlc-engine-" + folder.getFileName();
  }

  /** Begins to read the tokenizer of a model folder. */
  static CompletableFuture<Tokenizer> tokenizer(Path folder) {
    return CompletableFuture.supplyAsync(
        () -> Tokenizers.load(folder), new LoadThread("mlc-engine-load"));
  }

  /** Waits for the tokenizer of a model folder. */
  static Tokenizer await(CompletableFuture<Tokenizer> tokenizer, @Nullable Path folder) {
    try {
      return tokenizer.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new ModelLoadException(folder + ": the tokenizer cannot be loaded: " + e.getCause(), e);
    }
  }

  private LimitRequest limits() {
    return new LimitRequest(
        org.mlcengine.model.EngineMode.valueOf(options.mode.name()),
        options.contextWindowSize,
        options.maxNumSequence,
        options.maxTotalSequenceLength,
        options.prefillChunkSize,
        options.memoryUtilization,
        options.speculativeMode == SpeculativeMode.DISABLE ? 0 : MemoryPlan.MOST_VERIFIED);
  }

  private Scheduler scheduler(TvmLanguageModel model, @Nullable Speculation speculation) {
    EngineLimits limits = model.facts().plan().limits();
    int kept =
        options.prefixCacheMaxSequences != null
            ? options.prefixCacheMaxSequences
            : Math.max(LEAST_KEPT, limits.maxSequences());
    return new Scheduler(
        model,
        new SchedulerLimits(limits.maxSequences(), limits.prefillChunk(), options.maxQueue, kept),
        System::nanoTime,
        speculation);
  }

  private EngineInfo info(ModelFacts facts) {
    EngineLimits limits = facts.plan().limits();
    return new EngineInfo(
        folder.getFileName().toString(),
        folder,
        facts.library(),
        facts.config().modelType(),
        facts.config().quantization(),
        "cpu",
        facts.threads(),
        limits.contextWindow(),
        facts.config().makesEmbeddings() ? limits.contextWindow() : limits.contextWindow() - 1,
        limits.prefillChunk(),
        limits.maxSequences(),
        facts.config().vocabSize(),
        facts.plan().weightBytes(),
        facts.plan().kvCacheBytes(),
        facts.plan().temporaryBytes(),
        Duration.ofNanos(System.nanoTime() - start));
  }

  private record Listener(LoadListener listener) implements OpenListener {
    @Override
    public void verified(long bytes, long total) {
      listener.onProgress(LoadListener.Phase.CHECK, bytes, total);
    }

    @Override
    public void loaded(long bytes, long total) {
      listener.onProgress(LoadListener.Phase.WEIGHTS, bytes, total);
    }
  }
}
