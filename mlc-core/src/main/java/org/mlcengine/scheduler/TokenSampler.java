package org.mlcengine.scheduler;

import java.lang.foreign.MemorySegment;

/** Chooses a sequence's next token. Called on the engine thread only. */
@FunctionalInterface
public interface TokenSampler {
  /**
   * Chooses a token and remembers it for later penalties.
   *
   * @param logits float32 [vocabulary size]; may be modified
   * @return a token id
   */
  int sample(MemorySegment logits);
}
