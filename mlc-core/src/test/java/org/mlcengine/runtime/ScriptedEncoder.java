package org.mlcengine.runtime;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * An encoder without natives: a token's hidden state is the token, its place in its text, and the
 * text's length. Its memory is overwritten by the next call, as a real model's is.
 */
public final class ScriptedEncoder implements EncoderModel {
  /** The number of elements of a hidden state. */
  public static final int SIZE = 3;

  private final int maxBatchTokens;
  private final List<List<Integer>> steps = new ArrayList<>();
  private MemorySegment hidden = MemorySegment.NULL;
  private boolean failNext;
  private boolean closed;

  /** Creates an encoder that computes so many tokens in a call. */
  public ScriptedEncoder(int maxBatchTokens) {
    this.maxBatchTokens = maxBatchTokens;
  }

  /** Returns the lengths of the texts of every call so far. */
  public List<List<Integer>> steps() {
    return steps;
  }

  /** Makes the next call throw. */
  public void failNext() {
    failNext = true;
  }

  /** Returns whether the model was closed. */
  public boolean closed() {
    return closed;
  }

  @Override
  public int hiddenSize() {
    return SIZE;
  }

  @Override
  public int maxBatchTokens() {
    return maxBatchTokens;
  }

  @Override
  public int maxTextTokens() {
    return maxBatchTokens;
  }

  @Override
  public MemorySegment encode(ForwardBatch batch) {
    if (failNext) {
      failNext = false;
      throw new IllegalStateException("scripted failure");
    }
    if (batch.size() == 0 || batch.tokenCount() > maxBatchTokens) {
      throw new IllegalArgumentException(batch.tokenCount() + " tokens");
    }
    hidden.fill((byte) -1);
    hidden = Arena.ofAuto().allocate((long) batch.tokenCount() * SIZE * Float.BYTES, 4);
    List<Integer> lengths = new ArrayList<>();
    int at = 0;
    for (int i = 0; i < batch.size(); i++) {
      for (int place = 0; place < batch.length(i); place++, at++) {
        set(at, 0, batch.token(at));
        set(at, 1, place);
        set(at, 2, batch.length(i));
      }
      lengths.add(batch.length(i));
    }
    steps.add(lengths);
    return hidden;
  }

  private void set(int row, int element, float value) {
    hidden.setAtIndex(ValueLayout.JAVA_FLOAT, (long) row * SIZE + element, value);
  }

  @Override
  public void close() {
    closed = true;
  }
}
