package org.mlcengine;

import org.jspecify.annotations.Nullable;
import org.mlcengine.sampling.TokenLogprobs;
import org.mlcengine.scheduler.TokenSampler;

/** Draws the tokens of one reply. */
interface ReplySampler extends TokenSampler, AutoCloseable {
  /** Returns how probable the last token was; null if that was not asked for. */
  @Nullable TokenLogprobs logprobs();

  /** Frees what draws need. Called by the thread that samples, or by any if none has sampled. */
  @Override
  void close();
}
