package org.mlcengine;

import java.time.Duration;

/**
 * What an engine's steps have taken since it was opened.
 *
 * @param prefill the steps that computed a part of a prompt
 * @param decode the steps that computed one token for each of some sequences
 */
public record EngineMetrics(Steps prefill, Steps decode) {
  /**
   * Steps of one kind.
   *
   * @param count how many there were
   * @param tokens how many tokens they computed
   * @param time how long they took: the forward pass, sampling, and handing out the text
   * @param nativeTime the part of it that was spent in native code
   */
  public record Steps(long count, long tokens, Duration time, Duration nativeTime) {
    /** Returns what came after an earlier state of the same engine. */
    public Steps since(Steps earlier) {
      return new Steps(
          count - earlier.count,
          tokens - earlier.tokens,
          time.minus(earlier.time),
          nativeTime.minus(earlier.nativeTime));
    }

    /** Returns tokens per second of these steps; 0 if there were none. */
    public double tokensPerSecond() {
      return time.isZero() ? 0 : tokens / (time.toNanos() / 1e9);
    }
  }

  /** Returns what came after an earlier state of the same engine. */
  public EngineMetrics since(EngineMetrics earlier) {
    return new EngineMetrics(prefill.since(earlier.prefill), decode.since(earlier.decode));
  }
}
