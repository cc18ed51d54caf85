package org.mlcengine.scheduler;

import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.mlcengine.speculation.Draft;
import org.mlcengine.speculation.Speculation;

/**
 * A prompt and the tokens generated after it. Made by a caller, then owned by the scheduler's
 * thread; only {@link #cancel} may be called from elsewhere.
 *
 * <p>The KV of a prompt's token is computed by a prefill, that of a generated one by a decode, also
 * where a sequence is computed again: each gives numbers of its own, and a reply must not depend on
 * what happened to it meanwhile.
 */
public final class Sequence {
  private static final long NEVER = Long.MAX_VALUE;
  private static final Duration LONGEST = Duration.ofDays(36_500);

  private final TokenSampler sampler;
  private final SequenceListener listener;
  private final Terms terms;
  private final int promptLength;
  private final int maxLength;
  private int[] tokens;
  private int length;
  private int computed;
  private int planned;

  /** How many of the planned tokens are drafted; these lie behind the sequence's own. */
  private int verified;

  private @Nullable Draft draft;
  private int prefilled;
  private int reused = -1;
  private int failures;
  private boolean suspect;
  private boolean idle;
  private long id = -1;
  private long submitTime;
  private long deadline = NEVER;
  private long prefillTime = -1;
  private volatile boolean cancelled;

  /**
   * Creates a sequence on default terms.
   *
   * @param prompt at least one token
   * @param maxTokens how many tokens may be generated, at least 1
   * @param sampler chooses the tokens
   * @param listener receives them
   */
  public Sequence(int[] prompt, int maxTokens, TokenSampler sampler, SequenceListener listener) {
    this(prompt, maxTokens, sampler, listener, Terms.DEFAULT);
  }

  /** Creates a sequence. */
  public Sequence(
      int[] prompt, int maxTokens, TokenSampler sampler, SequenceListener listener, Terms terms) {
    if (prompt.length == 0) {
      throw new IllegalArgumentException("A sequence needs at least one prompt token");
    }
    if (maxTokens < 1) {
      throw new IllegalArgumentException("maxTokens must be at least 1, got " + maxTokens);
    }
    this.sampler = sampler;
    this.listener = listener;
    this.terms = terms;
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
    return cancelled || terms.pin() != null && terms.pin().released();
  }

  /** Nobody waits for it. */
  void markIdle() {
    idle = true;
  }

  boolean idle() {
    return idle;
  }

  Terms terms() {
    return terms;
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

  int promptLength() {
    return promptLength;
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

  /** Returns whether its prompt is computed, so that it goes on token by token. */
  boolean decoding() {
    return computed >= promptLength;
  }

  /** Returns how many tokens the next pass computes. */
  int planned() {
    return planned;
  }

  void plan(int count) {
    planned = count;
    verified = 0;
  }

  /** Returns its draft, which is made on the first call. */
  Draft draft(Speculation speculation) {
    if (draft == null) {
      draft = speculation.newDraft();
    }
    return draft;
  }

  /** Adds the chosen tokens of its draft to the plan. */
  void planDraft() {
    if (draft == null) {
      return;
    }
    verified = draft.chosen();
    planned += verified;
    reserve(length + verified);
    for (int i = 0; i < verified; i++) {
      tokens[length + i] = draft.token(i);
    }
  }

  /** Takes the drafted tokens from the plan; returns whether there were any. */
  boolean dropDraft() {
    boolean any = verified > 0;
    planned -= verified;
    verified = 0;
    return any;
  }

  /** Hands what came after a pass to those who judge drafts. */
  void compareDraft(Speculation speculation) {
    if (draft != null) {
      speculation.compare(draft, tokens, length, verified);
    }
  }

  boolean atMaxLength() {
    return length >= maxLength;
  }

  /** Returns how many tokens may still be generated. */
  int tokensLeft() {
    return maxLength - length;
  }

  boolean admitted() {
    return id >= 0;
  }

  long id() {
    return id;
  }

  void submitted(long now) {
    submitTime = now;
    deadline =
        terms
            .timeout()
            .filter(timeout -> timeout.compareTo(LONGEST) < 0)
            .map(timeout -> now + timeout.toNanos())
            .orElse(NEVER);
  }

  /** Returns when its time is over, on the scheduler's clock. */
  long deadline() {
    return deadline;
  }

  /** Returns how long it may take; only for one that has a deadline. */
  Duration timeout() {
    return terms.timeout().orElseThrow();
  }

  /** Its KV has a place, where that of the first {@code present} tokens is already. */
  void admit(long newId, int present) {
    id = newId;
    computed = present;
    if (reused < 0) {
      // What it shares when it is computed again may have been computed for itself.
      reused = present;
    }
  }

  /** Its KV is gone; all tokens must be computed again. */
  void evict() {
    id = -1;
    computed = 0;
  }

  /** A pass with others failed; it may be the one to blame. Returns how often that happened. */
  int suspected() {
    suspect = true;
    return ++failures;
  }

  /** Returns whether it runs alone until it has shown that it is not to blame. */
  boolean suspect() {
    return suspect;
  }

  /** So many of the planned tokens are computed. */
  void advance(int count) {
    if (!decoding()) {
      prefilled += count;
    }
    computed += count;
  }

  void append(int token, long now) {
    suspect = false;
    if (length == promptLength) {
      prefillTime = now;
    }
    reserve(length + 1);
    tokens[length++] = token;
  }

  private void reserve(int count) {
    if (count > tokens.length) {
      tokens = Arrays.copyOf(tokens, Math.max(count + 16, count + count / 2));
    }
  }

  SequenceTimes times(long now) {
    return new SequenceTimes(
        submitTime,
        prefillTime < 0 ? now : prefillTime,
        now,
        promptLength,
        prefilled,
        Math.max(0, reused),
        length - promptLength);
  }
}
