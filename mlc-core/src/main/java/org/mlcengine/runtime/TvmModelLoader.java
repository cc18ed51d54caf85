package org.mlcengine.runtime;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.mlcengine.bindings.TvmException;
import org.mlcengine.bindings.TvmObject;
import org.mlcengine.bindings.TvmShape;
import org.mlcengine.errors.InsufficientMemoryException;
import org.mlcengine.errors.ModelLoadException;
import org.mlcengine.errors.NativesException;
import org.mlcengine.model.EngineLimits;
import org.mlcengine.model.LibraryLocator;
import org.mlcengine.model.LibraryMetadata;
import org.mlcengine.model.LimitRequest;
import org.mlcengine.model.MemoryPlan;
import org.mlcengine.model.ModelCompatibility;
import org.mlcengine.model.ModelConfig;
import org.mlcengine.model.WeightIndex;
import org.mlcengine.natives.Natives;

/**
 * Opens models. Everything that can be wrong with the files is found before the first native call
 * that would fail obscurely.
 */
public final class TvmModelLoader {
  private static final System.Logger LOGGER = System.getLogger(TvmModelLoader.class.getName());

  private final OpenRequest request;
  private final OpenListener listener;

  private TvmModelLoader(OpenRequest request, OpenListener listener) {
    this.request = request;
    this.listener = listener;
  }

  /**
   * Loads the natives, which {@link #open} then finds loaded. While this runs, no other thread
   * should work. What goes wrong, {@code open} meets again and throws.
   *
   * @param natives the folder with the natives; null for the usual places
   */
  public static void loadNatives(@Nullable Path natives) {
    try {
      NativeHost.loadLibraries(natives);
    } catch (NativesException e) {
      LOGGER.log(System.Logger.Level.DEBUG, "The natives could not be loaded ahead", e);
    }
  }

  /**
   * Opens a model on the calling thread, which then owns it.
   *
   * @throws ModelLoadException if a file of the model is missing or broken
   * @throws org.mlcengine.errors.ModelLibraryMismatchException if the library does not fit the
   *     weights or this processor
   * @throws InsufficientMemoryException if the model does not fit into memory
   * @throws org.mlcengine.errors.NativesException if the natives cannot be loaded
   */
  public static TvmLanguageModel open(OpenRequest request, OpenListener listener) {
    return open(request, listener, MemoryPlan::infer, TvmModelLoader::assemble);
  }

  /** Opens an encoder on the calling thread, which then owns it; throws as {@link #open} does. */
  public static TvmEncoderModel openEncoder(OpenRequest request, OpenListener listener) {
    return open(request, listener, MemoryPlan::inferEncoder, TvmModelLoader::assembleEncoder);
  }

  private static <M> M open(
      OpenRequest request, OpenListener listener, Planner planner, Assembler<M> assembler) {
    // Two models that open at once would besides both plan with the memory that is free now.
    return Natives.addingCode(() -> new TvmModelLoader(request, listener).open(planner, assembler));
  }

  /** Infers limits and memory. */
  private interface Planner {
    MemoryPlan plan(
        LibraryMetadata library, ModelConfig config, LimitRequest request, long available);
  }

  /** Makes a model of its parts, and closes the weights if it fails. */
  private interface Assembler<M> {
    M assemble(ModelLibrary library, Weights weights, ModelFacts facts);
  }

  private <M> M open(Planner planner, Assembler<M> assembler) {
    WeightReading reading = new WeightReading(request, listener);
    try {
      return open(reading, planner, assembler);
    } catch (RuntimeException | Error e) {
      // What is wrong with the weights comes first, whichever of the two was found sooner.
      reading.close();
      throw e;
    }
  }

  private <M> M open(WeightReading reading, Planner planner, Assembler<M> assembler) {
    ModelConfig config = request.config();
    NativeHost host = NativeHost.load(request.natives());
    Path file =
        host.requireLoadable(
            request.library() != null
                ? request.library()
                : LibraryLocator.locate(config.folder(), host.cpu()));
    ModelLibrary library = ModelLibrary.open(file);
    try {
      LibraryMetadata metadata = LibraryMetadata.parse(file, library.metadata(), config);
      WeightReading.Begun begun = reading.begun();
      WeightIndex weights = begun.index();
      ModelCompatibility.check(config, weights, metadata, host.cpu(), host.kernelsVersion());
      MemoryPlan plan = planner.plan(metadata, config, request.limits(), begun.memory());
      int threads = WorkerThreads.use(request.threads(), metadata.kernels());
      ModelFacts facts = new ModelFacts(config, file, metadata, plan, threads);
      return assembler.assemble(
          library, new Weights(begun.shards(), weights.tensors(), metadata.parameters()), facts);
    } catch (RuntimeException | Error e) {
      library.close();
      throw e;
    }
  }

  private static TvmLanguageModel assemble(
      ModelLibrary library, Weights weights, ModelFacts facts) {
    try {
      KvCache cache = createCache(library, facts.plan());
      try {
        return new TvmLanguageModel(library, weights, cache, facts);
      } catch (RuntimeException e) {
        cache.close();
        throw e;
      }
    } catch (RuntimeException e) {
      weights.close();
      throw e;
    }
  }

  private static TvmEncoderModel assembleEncoder(
      ModelLibrary library, Weights weights, ModelFacts facts) {
    try {
      return new TvmEncoderModel(library, weights, facts);
    } catch (RuntimeException e) {
      weights.close();
      throw e;
    }
  }

  private static KvCache createCache(ModelLibrary library, MemoryPlan plan) {
    EngineLimits limits = plan.limits();
    try (TvmShape sequences = TvmShape.of(limits.maxSequences());
        TvmShape tokens = TvmShape.of(limits.maxTotalTokens());
        TvmShape chunk = TvmShape.of(limits.prefillChunk());
        TvmShape page = TvmShape.of(limits.pageSize());
        TvmShape sliding = TvmShape.of(0)) {
      TvmObject cache =
          library.create("create_tir_paged_kv_cache", sequences, tokens, chunk, page, sliding);
      return new KvCache(cache, limits, new NativeTime());
    } catch (TvmException e) {
      throw new InsufficientMemoryException(
          "The KV cache of %d MiB could not be made (%s). Set a smaller maxTotalSequenceLength, contextWindowSize or maxNumSequence, or free memory."
              .formatted(plan.kvCacheBytes() >> 20, e.getMessage()),
          e);
    }
  }
}
