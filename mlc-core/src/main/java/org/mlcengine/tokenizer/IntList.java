package org.mlcengine.tokenizer;

import java.util.Arrays;

/** A growing array of ids. */
public final class IntList {
  private int[] values = new int[64];
  private int size;

  /** Appends a value. */
  public void add(int value) {
    reserve(1);
    values[size++] = value;
  }

  /** Appends values. */
  public void addAll(int[] more) {
    reserve(more.length);
    System.arraycopy(more, 0, values, size, more.length);
    size += more.length;
  }

  /** Returns a copy of the values. */
  public int[] toArray() {
    return Arrays.copyOf(values, size);
  }

  private void reserve(int more) {
    if (values.length - size < more) {
      values = Arrays.copyOf(values, Math.max(size + more, size + (size >> 1)));
    }
  }
}
