package org.mlcengine.tokenizer.huggingface;

import org.mlcengine.tokenizer.LongHeap;

/**
 * The symbols of a word as a linked list, and the merges that wait for their turn: neighbours merge
 * in the order of their ranks, the leftmost first. The work grows as n log n with the length of a
 * word.
 */
final class Merging {
  private static final int GONE = -1;

  private final MergeTable merges;
  private final int[] ids;
  private final int[] previous;
  private final int[] next;
  private final int count;
  private final LongHeap queue;

  private Merging(MergeTable merges, int[] ids, int count) {
    this.merges = merges;
    this.ids = ids;
    this.count = count;
    this.previous = new int[count];
    this.next = new int[count];
    this.queue = new LongHeap(count);
  }

  /** Returns what the first {@code count} ids become; their array is used up. */
  static int[] merge(MergeTable merges, int[] ids, int count) {
    return new Merging(merges, ids, count).merge();
  }

  private int[] merge() {
    for (int i = 0; i < count; i++) {
      previous[i] = i - 1;
      next[i] = i + 1;
      offer(i);
    }
    while (!queue.isEmpty()) {
      long first = queue.poll();
      mergeAt((int) first, (int) (first >>> 32));
    }
    int left = 0;
    for (int i = 0; i < count; i = next[i]) {
      left++;
    }
    int[] merged = new int[left];
    int place = 0;
    for (int i = 0; i < count; i = next[i]) {
      merged[place++] = ids[i];
    }
    return merged;
  }

  private void mergeAt(int left, int rank) {
    int right = next[left];
    // An entry is out of date when one of its two symbols has merged with another one since.
    if (ids[left] == GONE || right == count || merges.rank(ids[left], ids[right]) != rank) {
      return;
    }
    ids[left] = merges.result(rank);
    ids[right] = GONE;
    next[left] = next[right];
    if (next[left] < count) {
      previous[next[left]] = left;
    }
    if (previous[left] >= 0) {
      offer(previous[left]);
    }
    offer(left);
  }

  private void offer(int left) {
    if (next[left] < count) {
      int rank = merges.rank(ids[left], ids[next[left]]);
      if (rank >= 0) {
        queue.add(((long) rank << 32) | left);
      }
    }
  }
}
