package org.mlcengine.scheduler;

import java.util.Arrays;

/**
 * A prompt and the tokens generated after it. Made by a caller, then owned by the scheduler's
 * thread; only {@link #cancel} may be called from elsewhere.
 */
public final class Sequence {
  private final TokenSampler sampler;
  private final SequenceListener listener;
  private final int promptLength;
  private final int maxLength;
  private int[] tokens;
  private int length;
  private int computed;
  private int prefilled;
  private long id = -1;
  private long submitTime;
  private long prefillTime = -1;
  private volatile boolean cancelled;

  /**
   * Creates a sequence.
   *
   * @param prompt at least one token
   * @param maxTokens how many tokens may be generated, at least 1
   * @param sampler chooses the tokens
   * @param listener receives them
   */
  public Sequence(int[] prompt, int maxTokens, TokenSampler sampler, SequenceListener listener) {
    if (prompt.length == 0) {
      throw new IllegalArgumentException("A sequence needs at least one prompt token");
    }
    if (maxTokens < 1) {
      throw new IllegalArgumentException("maxTokens must be at least 1, got " + maxTokens);
    }
    this.sampler = sampler;
    this.listener = listener;
    this.promptLength = prompt.length;
    this.maxLength = (int) Math.min(Integer.MAX_VALUE, (long) prompt.length + maxTokens);
    this.tokens = prompt.clone();
    this.length = prompt.length;
  }

  /**
   * Asks the scheduler to end the sequence before its next step. Callable from any thread; call
   * {@link Scheduler#wake} afterwards.
   */
  public void cancel() {
    cancelled = true;
  }

  boolean cancelled() {
    return cancelled;
  }

  TokenSampler sampler() {
    return sampler;
  }

  SequenceListener listener() {
    return listener;
  }

  int length() {
    return length;
  }

  /** Returns the tokens; the first {@link #length} are valid. */
  int[] tokens() {
    return tokens;
  }

  /** Returns how many tokens the KV cache holds. */
  int computed() {
    return computed;
  }

  /** Returns how many tokens must be computed before the next one can be chosen. */
  int pending() {
    return length - computed;
  }

  /** Returns whether its next step is a decode: one token, chosen by the step before. */
  boolean decoding() {
    return pending() == 1 && length > promptLength;
  }

  boolean atMaxLength() {
    return length >= maxLength;
  }

  boolean admitted() {
    return id >= 0;
  }

  long id() {
    return id;
  }

  void submitted(long now) {
    submitTime = now;
  }

  void admit(long newId) {
    id = newId;
    computed = 0;
  }

  /** Its KV is gone; all tokens must be computed again. */
  void evict() {
    id = -1;
    computed = 0;
  }

  void advance(int count) {
    if (!decoding()) {
      prefilled += count;
    }
    computed += count;
  }

  void append(int token, long now) {
    if (length == promptLength) {
      prefillTime = now;
    }
    if (length == tokens.length) {
      tokens = Arrays.copyOf(tokens, Math.max(length + 16, length + length / 2));
    }
    tokens[length++] = token;
  }

  SequenceTimes times(long now) {
    return new SequenceTimes(
        submitTime,
        prefillTime < 0 ? now : prefillTime,
        now,
        promptLength,
        prefilled,
        length - promptLength);
  }
}
