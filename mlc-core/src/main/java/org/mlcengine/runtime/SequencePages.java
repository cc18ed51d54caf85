package org.mlcengine.runtime;

import java.util.Arrays;

/**
 * The sequences in a KV cache and their lengths. Plain arrays: there are few sequences, and a step
 * must not allocate.
 */
final class SequencePages {
  private final int pageSize;
  private long[] ids = new long[4];
  private int[] lengths = new int[4];
  private int count;

  SequencePages(int pageSize) {
    this.pageSize = pageSize;
  }

  boolean contains(long id) {
    return find(id) >= 0;
  }

  /** Returns how many tokens a sequence has. */
  int length(long id) {
    return lengths[find(id)];
  }

  /** Adds a sequence that is not there yet. */
  void add(long id, int length) {
    if (count == ids.length) {
      ids = Arrays.copyOf(ids, 2 * count);
      lengths = Arrays.copyOf(lengths, 2 * count);
    }
    ids[count] = id;
    lengths[count++] = length;
  }

  /** Removes a sequence; returns whether it was there. */
  boolean remove(long id) {
    int slot = find(id);
    if (slot < 0) {
      return false;
    }
    ids[slot] = ids[--count];
    lengths[slot] = lengths[count];
    return true;
  }

  /** Returns how many more pages a sequence needs for that many more tokens. */
  int needed(long id, int tokens) {
    int length = lengths[find(id)];
    return pages(length + tokens) - pages(length);
  }

  /** Lengthens a sequence, or shortens it by a negative number. */
  void grow(long id, int tokens) {
    lengths[find(id)] += tokens;
  }

  private int pages(int tokens) {
    return Math.ceilDiv(tokens, pageSize);
  }

  private int find(long id) {
    for (int slot = 0; slot < count; slot++) {
      if (ids[slot] == id) {
        return slot;
      }
    }
    return -1;
  }
}
