package org.mlcengine.model;

import static org.mlcengine.model.KvCacheShape.PAGE_SIZE;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.InsufficientMemoryException;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.errors.ModelLibraryMismatchException;

/** Works out a {@link MemoryPlan}: MLC's inference of limits, with the real bytes of the cache. */
final class MemoryPlanner {
  private static final int LOCAL_SEQUENCES = 4;
  private static final int LOCAL_TOKENS = 8192;
  private static final int MAX_TOKENS = 1 << 30;

  private final LibraryMetadata library;
  private final LimitRequest request;
  private final KvCacheShape cache;
  private final boolean sliding;
  private final int vocabSize;
  private final long available;
  private final long budget;
  private final long weights;
  private final long temporary;
  private final int sequences;
  private final int chunk;
  private final int window;

  MemoryPlanner(LibraryMetadata library, ModelConfig config, LimitRequest request, long available) {
    this.library = library;
    this.request = request;
    this.available = available;
    cache =
        library
            .kvCache()
            .orElseThrow(
                () ->
                    new ModelLibraryMismatchException(
                        "The model library %s has no KV cache. Choose a model with attention."
                            .formatted(library.library())));
    sliding = config.hasSlidingWindow();
    vocabSize = config.vocabSize();
    budget = (long) (available * request.memoryUtilization());
    weights = library.parameterBytes();
    temporary =
        2 * library.memoryUsage().values().stream().mapToLong(Long::longValue).max().orElse(0);
    sequences =
        request.maxNumSequence() == null
            ? inferSequences()
            : atMost("maxNumSequence", request.maxNumSequence(), library.maxBatchSize());
    chunk =
        request.prefillChunkSize() == null
            ? Math.min(config.prefillChunkSize(), library.prefillChunkSize())
            : atMost("prefillChunkSize", request.prefillChunkSize(), library.prefillChunkSize());
    int compiled = bound(library.contextWindowSize());
    window =
        request.contextWindowSize() == null
            ? Math.min(bound(config.contextWindowSize()), compiled)
            : atMost("contextWindowSize", request.contextWindowSize(), compiled);
  }

  MemoryPlan plan() {
    int fit = fit(sequences, chunk);
    int required = requiredTokens();
    if (fit < required) {
      throw insufficient(required);
    }
    Integer asked = request.maxTotalSequenceLength();
    int total = asked == null ? inferTotal(fit) : asked;
    boolean shortenChunk =
        request.prefillChunkSize() == null && request.mode() != EngineMode.SERVER;
    int contextWindow = Math.min(window, total);
    EngineLimits limits =
        new EngineLimits(
            sequences,
            contextWindow,
            total,
            shortenChunk ? Math.min(chunk, contextWindow) : chunk,
            PAGE_SIZE,
            Math.toIntExact(pages(sequences, total)));
    return new MemoryPlan(
        limits,
        weights,
        limits.pages() * cache.pageBytes(),
        temporary,
        workspace(sequences, chunk),
        available);
  }

  private int inferSequences() {
    return switch (request.mode()) {
      case LOCAL -> Math.min(LOCAL_SEQUENCES, library.maxBatchSize());
      case INTERACTIVE -> 1;
      case SERVER -> library.maxBatchSize();
    };
  }

  private int inferTotal(int fit) {
    Integer asked = request.contextWindowSize();
    return switch (request.mode()) {
      case LOCAL ->
          Math.min(
              fit, Math.min(window, asked == null ? LOCAL_TOKENS : Math.max(asked, LOCAL_TOKENS)));
      case INTERACTIVE -> Math.min(fit, window);
      case SERVER -> (int) Math.min(fit, (long) sequences * window);
    };
  }

  /** The tokens without which the engine cannot do what was asked. */
  private int requiredTokens() {
    Integer context = request.contextWindowSize();
    Integer total = request.maxTotalSequenceLength();
    if (context != null && total != null && context > total) {
      throw new InvalidRequestException(
          "contextWindowSize",
          "expected at most maxTotalSequenceLength (%d), found %d. Raise that, or lower this."
              .formatted(total, context));
    }
    if (total != null) {
      return total;
    }
    return context == null ? Math.min(PAGE_SIZE, window) : context;
  }

  private int atMost(String option, int value, int limit) {
    if (value > limit) {
      throw new InvalidRequestException(
          option,
          "the model library %s was compiled for at most %d, found %d. Lower it, or compile again."
              .formatted(library.library(), limit, value));
    }
    return value;
  }

  /** The tokens that the cache can hold in what the rest leaves of the budget; at least 0. */
  private int fit(int sequences, int chunk) {
    long free = budget - weights - temporary - workspace(sequences, chunk);
    long usable = free / cache.pageBytes() - pages(sequences, 0);
    return (int) Math.clamp(usable * PAGE_SIZE, 0, MAX_TOKENS);
  }

  /** What {@code create_tir_paged_kv_cache} allocates for a total length. */
  private long pages(int sequences, int tokens) {
    return Math.ceilDiv(tokens, PAGE_SIZE) + 1L + (sliding ? 2L * sequences : 0);
  }

  /** MLC's estimate (cpp/serve/config.cc) of auxiliary cache data, embeddings and logits. */
  private long workspace(int sequences, int chunk) {
    long s = sequences;
    long c = chunk;
    long qo = cache.attentionHeads();
    long d = cache.headDim();
    long auxiliary =
        (s + 1) * 88 + c * (qo + 1) * 8 + c * d * (qo + cache.kvHeads()) * 4 + (48L << 20);
    long model = c * 4 + s * 4 + (c * 2 + s) * d * qo * 2;
    long logits = s * 20 + (long) (s * vocabSize * 16.125);
    return auxiliary + model + logits + verifiedLogits();
  }

  /** TVM keeps the logits of each number of verified tokens. */
  private long verifiedLogits() {
    long most = request.verifiedTokens();
    return most * (most + 1) / 2 * vocabSize * Float.BYTES;
  }

  private long total(int sequences, int chunk, int tokens) {
    return weights
        + temporary
        + workspace(sequences, chunk)
        + pages(sequences, tokens) * cache.pageBytes();
  }

  private InsufficientMemoryException insufficient(int required) {
    long needed = total(sequences, chunk, required);
    return new InsufficientMemoryException(
        ("%d tokens need %s: weights %s, KV cache %s, temporary buffers %s, workspace for %d"
                + " sequences and prefill chunks of %d tokens %s. Available are %s, of which"
                + " memoryUtilization %s allows %s. %s")
            .formatted(
                required,
                mib(needed),
                mib(weights),
                mib(pages(sequences, required) * cache.pageBytes()),
                mib(temporary),
                sequences,
                chunk,
                mib(workspace(sequences, chunk)),
                mib(available),
                request.memoryUtilization(),
                mib(budget),
                remedies(required, needed)));
  }

  private String remedies(int required, long needed) {
    List<String> fitting = new ArrayList<>();
    int fit = fit(sequences, chunk);
    if (fit >= PAGE_SIZE) {
      fitting.add(shorter(fit));
    }
    addIfPresent(fitting, "maxNumSequence=", smallerSequences(required));
    addIfPresent(fitting, "prefillChunkSize=", smallerChunk(required));
    if (needed < available) {
      double share = Math.ceil(100.0 * needed / available) / 100;
      fitting.add("memoryUtilization=" + share);
    }
    String quantization = "a model with a smaller quantization than " + library.quantization();
    return fitting.isEmpty()
        ? "No single limit is enough: free some memory, or choose %s.".formatted(quantization)
        : "Set %s, or choose %s.".formatted(String.join(" or ", fitting), quantization);
  }

  private String shorter(int fit) {
    String context = "contextWindowSize=" + fit;
    String total = "maxTotalSequenceLength=" + fit;
    if (request.maxTotalSequenceLength() == null) {
      return context;
    }
    Integer asked = request.contextWindowSize();
    return asked != null && asked > fit ? context + " and " + total : total;
  }

  private static void addIfPresent(List<String> options, String name, @Nullable Integer value) {
    if (value != null) {
      options.add(name + value);
    }
  }

  private @Nullable Integer smallerSequences(int required) {
    for (int s = sequences - 1; s > 0; s--) {
      if (total(s, chunk, required) <= budget) {
        return s;
      }
    }
    return null;
  }

  private @Nullable Integer smallerChunk(int required) {
    for (int c = Integer.highestOneBit(chunk - 1); c >= PAGE_SIZE; c /= 2) {
      if (total(sequences, c, required) <= budget) {
        return c;
      }
    }
    return null;
  }

  private static int bound(int windowSize) {
    return windowSize == ModelConfig.UNBOUNDED ? MAX_TOKENS : windowSize;
  }

  private static String mib(long bytes) {
    return Math.ceilDiv(bytes, 1L << 20) + " MiB";
  }
}
