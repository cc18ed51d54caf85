package org.mlcengine.model;

import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.InvalidRequestException;

/**
 * The limits that the user asks for; null leaves a limit to the engine.
 *
 * @param mode how limits that are left open are inferred
 * @param contextWindowSize tokens of one sequence
 * @param maxNumSequence sequences at once
 * @param maxTotalSequenceLength tokens of all sequences together
 * @param prefillChunkSize tokens per prefill call
 * @param memoryUtilization the share of the available memory that may be used, above 0 and at most
 *     1
 * @param verifiedTokens the most tokens of a pass that verifies drafted ones, 0 without such passes
 */
public record LimitRequest(
    EngineMode mode,
    @Nullable Integer contextWindowSize,
    @Nullable Integer maxNumSequence,
    @Nullable Integer maxTotalSequenceLength,
    @Nullable Integer prefillChunkSize,
    double memoryUtilization,
    int verifiedTokens) {
  /** MLC's default share of memory. */
  public static final double DEFAULT_MEMORY_UTILIZATION = 0.85;

  /**
   * Checks the ranges that no model is needed for.
   *
   * @throws InvalidRequestException naming the option that is out of range
   */
  public LimitRequest {
    requirePositive("contextWindowSize", contextWindowSize);
    requirePositive("maxNumSequence", maxNumSequence);
    requirePositive("maxTotalSequenceLength", maxTotalSequenceLength);
    requirePositive("prefillChunkSize", prefillChunkSize);
    if (!(memoryUtilization > 0 && memoryUtilization <= 1)) {
      throw new InvalidRequestException(
          "memoryUtilization",
          "expected a number above 0 and at most 1, found %s.".formatted(memoryUtilization));
    }
  }

  /** Creates a request without drafted tokens. */
  public LimitRequest(
      EngineMode mode,
      @Nullable Integer contextWindowSize,
      @Nullable Integer maxNumSequence,
      @Nullable Integer maxTotalSequenceLength,
      @Nullable Integer prefillChunkSize,
      double memoryUtilization) {
    this(
        mode,
        contextWindowSize,
        maxNumSequence,
        maxTotalSequenceLength,
        prefillChunkSize,
        memoryUtilization,
        0);
  }

  /** Leaves every limit to the engine. */
  public static LimitRequest of(EngineMode mode) {
    return new LimitRequest(mode, null, null, null, null, DEFAULT_MEMORY_UTILIZATION);
  }

  private static void requirePositive(String option, @Nullable Integer value) {
    if (value != null && value <= 0) {
      throw new InvalidRequestException(
          option, "expected a positive number, found %d.".formatted(value));
    }
  }
}
