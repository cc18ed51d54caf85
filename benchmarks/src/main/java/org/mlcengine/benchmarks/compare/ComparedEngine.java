package org.mlcengine.benchmarks.compare;

import java.nio.file.Path;
import java.util.Map;

/** An engine with a loaded model, as {@link Measurement} drives it. */
public interface ComparedEngine {
  /** Loads models. */
  @FunctionalInterface
  interface Opener {
    /** Loads a model, for steps of {@code threads} threads. */
    ComparedEngine open(Path model, int threads) throws Exception;
  }

  /**
   * What one reply took.
   *
   * @param prefillSeconds from the request to the first token
   * @param decodeSeconds from the first token to the last
   * @param decodedTokens tokens after the first
   */
  record Timing(double prefillSeconds, double decodeSeconds, int decodedTokens) {}

  /** Continues a prompt greedily by exactly {@code tokens} tokens; no token ends the reply. */
  Timing generate(Prompt prompt, int tokens) throws Exception;

  /**
   * Continues one prompt in several sequences at once.
   *
   * @return decoded tokens per second of all sequences together while all of them run, or 0 if the
   *     engine decodes one sequence at a time
   */
  double generateTogether(Prompt prompt, int sequences, int tokens) throws Exception;

  /** Returns numbers that describe the loaded model, for example {@code weight_bytes}. */
  default Map<String, Long> facts() {
    return Map.of();
  }
}
