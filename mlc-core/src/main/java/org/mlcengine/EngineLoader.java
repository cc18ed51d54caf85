package org.mlcengine;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.mlcengine.conversation.PromptTemplate;
import org.mlcengine.errors.ModelLoadException;
import org.mlcengine.model.EngineLimits;
import org.mlcengine.model.LimitRequest;
import org.mlcengine.model.ModelConfig;
import org.mlcengine.runtime.LoadThread;
import org.mlcengine.runtime.ModelFacts;
import org.mlcengine.runtime.OpenListener;
import org.mlcengine.runtime.OpenRequest;
import org.mlcengine.runtime.TvmLanguageModel;
import org.mlcengine.runtime.TvmModelLoader;
import org.mlcengine.scheduler.EngineThread;
import org.mlcengine.scheduler.Scheduler;
import org.mlcengine.scheduler.SchedulerLimits;
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

  static MLCEngine load(MLCEngine.Builder options, Path folder) {
    return new EngineLoader(options, folder.toAbsolutePath().normalize()).load();
  }

  private MLCEngine load() {
    LimitRequest limits = limits();
    // Before any other thread works: until libtvm_ffi is open, a safepoint could end the process.
    TvmModelLoader.loadNatives(options.natives);
    CompletableFuture<Tokenizer> tokenizer =
        CompletableFuture.supplyAsync(
            () -> Tokenizers.load(folder), new LoadThread("mlc-engine-load"));
    ModelConfig config = ModelConfig.read(folder);
    PromptTemplate template =
        PromptTemplate.choose(
            config.convTemplate(),
            folder,
            options.modelChatTemplate,
            config.eosTokenIds(),
            Clock.systemDefaultZone());
    OpenRequest request =
        new OpenRequest(
            config,
            options.modelLib,
            options.natives,
            options.threads != null ? options.threads : Runtime.getRuntime().availableProcessors(),
            limits,
            options.verifyWeights);
    EngineThread<TvmLanguageModel> thread =
        EngineThread.start(
            "mlc-engine-" + folder.getFileName(),
            () -> TvmModelLoader.open(request, new Listener(options.loadListener)),
            this::scheduler);
    try {
      EngineInfo info = info(thread.model().facts());
      return new MLCEngine(
          thread, info, new Requests(thread.scheduler(), await(tokenizer), template, config, info));
    } catch (RuntimeException | Error e) {
      thread.close();
      throw e;
    }
  }

  private Tokenizer await(CompletableFuture<Tokenizer> tokenizer) {
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
        options.memoryUtilization);
  }

  private Scheduler scheduler(TvmLanguageModel model) {
    EngineLimits limits = model.facts().plan().limits();
    int kept =
        options.prefixCacheMaxSequences != null
            ? options.prefixCacheMaxSequences
            : Math.max(LEAST_KEPT, limits.maxSequences());
    return new Scheduler(
        model,
        new SchedulerLimits(limits.maxSequences(), limits.prefillChunk(), options.maxQueue, kept),
        System::nanoTime);
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
        limits.contextWindow() - 1,
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
