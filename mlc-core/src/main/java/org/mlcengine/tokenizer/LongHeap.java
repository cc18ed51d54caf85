package org.mlcengine.tokenizer;

import java.util.Arrays;

/** A binary heap that gives the smallest value first. */
public final class LongHeap {
  private long[] values;
  private int size;

  /** Makes an empty heap that has room for so many values before it grows. */
  public LongHeap(int capacity) {
    values = new long[Math.max(capacity, 4)];
  }

  /** Returns whether there is no value. */
  public boolean isEmpty() {
    return size == 0;
  }

  /** Adds a value. */
  public void add(long value) {
    if (size == values.length) {
      values = Arrays.copyOf(values, size * 2);
    }
    int child = size++;
    while (child > 0) {
      int parent = (child - 1) >>> 1;
      if (values[parent] <= value) {
        break;
      }
      values[child] = values[parent];
      child = parent;
    }
    values[child] = value;
  }

  /** Removes and returns the smallest value of a heap that is not empty. */
  public long poll() {
    long smallest = values[0];
    long last = values[--size];
    int parent = 0;
    int child = 1;
    while (child < size) {
      if (child + 1 < size && values[child + 1] < values[child]) {
        child++;
      }
      if (last <= values[child]) {
        break;
      }
      values[parent] = values[child];
      parent = child;
      child = 2 * parent + 1;
    }
    values[parent] = last;
    return smallest;
  }
}
