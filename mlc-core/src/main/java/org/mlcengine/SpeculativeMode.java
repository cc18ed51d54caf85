package org.mlcengine;

/**
 * Whether the next tokens of a reply are guessed, so that one pass of the model can verify several
 * at once. Guesses change no reply: it is the same text with and without.
 */
public enum SpeculativeMode {
  /** No guesses. */
  DISABLE,
  /** What followed the last tokens where they occurred before, in the prompt or the reply. */
  PROMPT_LOOKUP,
  /** What a smaller model of the same vocabulary holds for the likeliest. */
  SMALL_DRAFT
}
