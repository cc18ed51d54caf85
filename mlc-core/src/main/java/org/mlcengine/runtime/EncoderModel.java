package org.mlcengine.runtime;

import java.lang.foreign.MemorySegment;

/** A model that makes hidden states of whole texts and keeps nothing between its calls. */
public interface EncoderModel extends Model {
  /** Returns the number of elements of a token's hidden state. */
  int hiddenSize();

  /** Returns how many tokens one call computes at most. */
  int maxBatchTokens();

  /** Returns how many tokens a text has at most. */
  int maxTextTokens();

  /**
   * Computes the texts that are the batch's entries, each by itself.
   *
   * @return float32 [batch.tokenCount(), hiddenSize()]: the last hidden states of the texts' tokens
   *     in a row. It is valid until the next call.
   */
  MemorySegment encode(ForwardBatch batch);
}
