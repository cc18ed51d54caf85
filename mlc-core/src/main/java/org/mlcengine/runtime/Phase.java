package org.mlcengine.runtime;

/**
 * What a forward pass computes. Within a phase the logits of a sequence do not depend on what else
 * is in the batch, or on where its prompt was cut; between the two they differ by rounding.
 */
public enum Phase {
  /** Tokens of prompts, one or many of each. */
  PREFILL,
  /**
   * The token of each sequence that the step before chose, and behind it others that may follow.
   * Each token's logits are those of a decode that has it alone.
   */
  DECODE
}
