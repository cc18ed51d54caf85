package org.mlcengine.runtime;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * The tokens that one forward pass appends, for one or more distinct sequences. Reused from step to
 * step, so that a step allocates nothing.
 */
public final class ForwardBatch {
  private long[] sequenceIds = new long[4];
  private int[] lengths = new int[4];
  private int[] tokens = new int[64];
  private int size;
  private int tokenCount;
  private Phase phase = Phase.PREFILL;

  /** Empties the batch, for a prefill. */
  public void clear() {
    size = 0;
    tokenCount = 0;
    phase = Phase.PREFILL;
  }

  /** Sets what the pass computes. */
  public void phase(Phase phase) {
    this.phase = phase;
  }

  /** Returns what the pass computes; a prefill unless that was set. */
  public Phase phase() {
    return phase;
  }

  /**
   * Adds an entry.
   *
   * @param sequenceId a sequence that has no entry yet
   * @param source where the tokens are
   * @param from index of the first token in {@code source}
   * @param length the number of tokens, at least 1
   */
  public void add(long sequenceId, int[] source, int from, int length) {
    if (length < 1) {
      throw new IllegalArgumentException("An entry needs at least one token, got " + length);
    }
    if (size == lengths.length) {
      sequenceIds = Arrays.copyOf(sequenceIds, size * 2);
      lengths = Arrays.copyOf(lengths, size * 2);
    }
    if (tokenCount + length > tokens.length) {
      tokens = Arrays.copyOf(tokens, Math.max(tokens.length * 2, tokenCount + length));
    }
    sequenceIds[size] = sequenceId;
    lengths[size] = length;
    System.arraycopy(source, from, tokens, tokenCount, length);
    size++;
    tokenCount += length;
  }

  /** Returns the number of entries. */
  public int size() {
    return size;
  }

  /** Returns the number of tokens of all entries together. */
  public int tokenCount() {
    return tokenCount;
  }

  /** Returns how many rows of logits the pass makes: one for each token, or one for each entry. */
  public int logitRows() {
    return phase == Phase.DECODE ? tokenCount : size;
  }

  /** Returns the sequence of an entry. */
  public long sequenceId(int entry) {
    return sequenceIds[checkEntry(entry)];
  }

  /** Returns the number of tokens of an entry. */
  public int length(int entry) {
    return lengths[checkEntry(entry)];
  }

  /** Returns the token at a position of all entries' tokens in a row. */
  public int token(int position) {
    if (position < 0 || position >= tokenCount) {
      throw new IndexOutOfBoundsException(position);
    }
    return tokens[position];
  }

  /**
   * Copies the tokens of all entries in a row.
   *
   * @param target int32, at least {@link #tokenCount()} elements
   */
  public void copyTokens(MemorySegment target) {
    MemorySegment.copy(tokens, 0, target, ValueLayout.JAVA_INT, 0, tokenCount);
  }

  private int checkEntry(int entry) {
    if (entry < 0 || entry >= size) {
      throw new IndexOutOfBoundsException(entry);
    }
    return entry;
  }
}
