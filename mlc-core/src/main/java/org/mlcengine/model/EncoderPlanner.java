package org.mlcengine.model;

import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.InsufficientMemoryException;
import org.mlcengine.errors.InvalidRequestException;

/** Works out the {@link MemoryPlan} of an encoder. */
final class EncoderPlanner {
  private final LibraryMetadata library;
  private final ModelConfig config;
  private final LimitRequest request;
  private final long available;

  EncoderPlanner(
      LibraryMetadata library, ModelConfig config, LimitRequest request, long available) {
    this.library = library;
    this.config = config;
    this.request = request;
    this.available = available;
  }

  MemoryPlan plan() {
    refuse("maxNumSequence", request.maxNumSequence());
    refuse("maxTotalSequenceLength", request.maxTotalSequenceLength());
    int most = library.prefillChunkSize();
    int chunk = chosen("prefillChunkSize", request.prefillChunkSize(), most);
    int compiled = Math.min(bound(library.contextWindowSize()), most);
    int window = chosen("contextWindowSize", request.contextWindowSize(), compiled);
    if (request.contextWindowSize() == null) {
      window = Math.min(window, bound(config.contextWindowSize()));
    }
    if (chunk < window) {
      throw new InvalidRequestException(
          "prefillChunkSize",
          "expected at least contextWindowSize, %d, since a text is computed whole, found %d."
              .formatted(window, chunk));
    }
    long weights = library.parameterBytes();
    long temporary =
        2 * library.memoryUsage().values().stream().mapToLong(Long::longValue).max().orElse(0);
    MemoryPlan plan =
        new MemoryPlan(
            new EngineLimits(chunk, window, chunk, chunk, KvCacheShape.PAGE_SIZE, 0),
            weights,
            0,
            temporary,
            0,
            available);
    if (plan.totalBytes() > available * request.memoryUtilization()) {
      throw insufficient(plan);
    }
    return plan;
  }

  private int chosen(String option, @Nullable Integer asked, int compiled) {
    if (asked != null && asked > compiled) {
      throw new InvalidRequestException(
          option,
          "the model library %s was compiled for at most %d, found %d. Lower it."
              .formatted(library.library(), compiled, asked));
    }
    return asked == null ? compiled : asked;
  }

  private static int bound(int windowSize) {
    return windowSize == ModelConfig.UNBOUNDED ? Integer.MAX_VALUE : windowSize;
  }

  private static void refuse(String option, @Nullable Integer value) {
    if (value != null) {
      throw new InvalidRequestException(
          option, "an encoder keeps no sequences between its steps; leave it out.");
    }
  }

  private InsufficientMemoryException insufficient(MemoryPlan plan) {
    return new InsufficientMemoryException(
        "The encoder needs %d MiB: weights %d MiB, temporary buffers %d MiB. Available are %d MiB, of which memoryUtilization %s may be used. Free some, or use a model with a smaller quantization than %s."
            .formatted(
                plan.totalBytes() >> 20,
                plan.weightBytes() >> 20,
                plan.temporaryBytes() >> 20,
                available >> 20,
                request.memoryUtilization(),
                library.quantization()));
  }
}
