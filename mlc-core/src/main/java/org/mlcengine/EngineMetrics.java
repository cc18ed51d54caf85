package org.mlcengine;

import java.time.Duration;

/**
 * What a model's steps have taken since it was opened, and what it does at the moment.
 *
 * @param prefill the steps that computed a part of a prompt
 * @param decode the steps that computed the next tokens of some sequences; their tokens are those
 *     that became part of a reply
 * @param load the load at the moment
 */
public record EngineMetrics(Steps prefill, Steps decode, Load load) {
  /**
   * What a model does at the moment. An encoder's sequences are texts, and it keeps nothing of
   * them.
   *
   * @param waiting sequences that wait for a place
   * @param running sequences that have one
   * @param kvPages pages of the KV cache
   * @param freeKvPages pages that nothing holds
   * @param keptPrompts prompts of ended sequences that are kept for others that begin alike
   * @param cachedTokens prompt tokens that were there already, since the model was opened
   * @param preemptions how often a sequence lost its place to others, since then
   * @param draftedTokens tokens that were drafted and verified, since then
   * @param acceptedTokens those of them that were right
   */
  public record Load(
      int waiting,
      int running,
      int kvPages,
      int freeKvPages,
      int keptPrompts,
      long cachedTokens,
      long preemptions,
      long draftedTokens,
      long acceptedTokens) {
    static Load ofEncoder(int waiting, int running) {
      return new Load(waiting, running, 0, 0, 0, 0, 0, 0, 0);
    }
  }

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

  /** Returns this of a model whose memory was freed: what it did, and that it holds nothing. */
  EngineMetrics atRest() {
    Load nothing =
        new Load(
            0,
            0,
            0,
            0,
            0,
            load.cachedTokens,
            load.preemptions,
            load.draftedTokens,
            load.acceptedTokens);
    return new EngineMetrics(prefill, decode, nothing);
  }

  /** Returns the steps that came after an earlier state of the same model. */
  public EngineMetrics since(EngineMetrics earlier) {
    return new EngineMetrics(prefill.since(earlier.prefill), decode.since(earlier.decode), load);
  }
}
