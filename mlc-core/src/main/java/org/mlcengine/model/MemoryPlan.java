package org.mlcengine.model;

import org.mlcengine.errors.InsufficientMemoryException;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.errors.ModelLibraryMismatchException;

/**
 * The limits of an engine and the memory that they take, in bytes.
 *
 * @param limits the limits
 * @param weightBytes the parameters
 * @param kvCacheBytes the pages of the KV cache
 * @param temporaryBytes what the library plans for its functions: twice the largest, as MLC counts
 * @param workspaceBytes logits, embeddings, and what the cache keeps beside its pages
 * @param availableBytes what the machine had to give
 */
public record MemoryPlan(
    EngineLimits limits,
    long weightBytes,
    long kvCacheBytes,
    long temporaryBytes,
    long workspaceBytes,
    long availableBytes) {
  /**
   * The most tokens of a pass that verifies drafted ones. TVM keeps the memory of each number of
   * tokens that it has met, so there must not be many.
   */
  public static final int MOST_VERIFIED = 17;

  /**
   * Infers what is left open as MLC does for the mode and sums up the memory; a function of its
   * arguments alone. A context window or a total that the user sets is granted whole or refused.
   *
   * @param library the model library
   * @param config the model folder
   * @param request what the user asks for
   * @param availableBytes memory to share out, for instance {@link SystemMemory#available()}
   * @throws InvalidRequestException if an option exceeds what the library was compiled for, or two
   *     options contradict each other
   * @throws InsufficientMemoryException if the limits do not fit, with each figure and the values
   *     that would fit
   * @throws ModelLibraryMismatchException if the library has no KV cache
   */
  public static MemoryPlan infer(
      LibraryMetadata library, ModelConfig config, LimitRequest request, long availableBytes) {
    return new MemoryPlanner(library, config, request, availableBytes).plan();
  }

  /**
   * Sums up the memory of an encoder, which keeps nothing between its calls.
   *
   * @throws InvalidRequestException if an option exceeds what the library was compiled for, or is
   *     one that encoders have no use for
   * @throws InsufficientMemoryException if it does not fit
   */
  public static MemoryPlan inferEncoder(
      LibraryMetadata library, ModelConfig config, LimitRequest request, long availableBytes) {
    return new EncoderPlanner(library, config, request, availableBytes).plan();
  }

  /** Returns the bytes of everything together. */
  public long totalBytes() {
    return weightBytes + kvCacheBytes + temporaryBytes + workspaceBytes;
  }
}
