package org.mlcengine.tokenizer.huggingface;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The merges of a byte pair encoding: which two neighbouring ids become which one, and which of the
 * merges goes first. Open addressing with linear probing, at most half full.
 */
final class MergeTable {
  private static final long FREE = -1;

  private final long[] pairs;
  private final int[] ranks;
  private final int[] results;
  private final int shift;

  /** Makes a table of merges in falling order of precedence; of equal pairs the last one counts. */
  MergeTable(int[] lefts, int[] rights, int[] results) {
    int bits = Math.max(4, 33 - Integer.numberOfLeadingZeros(results.length));
    this.pairs = new long[1 << bits];
    this.ranks = new int[1 << bits];
    this.results = results;
    this.shift = 64 - bits;
    Arrays.fill(pairs, FREE);
    for (int rank = 0; rank < results.length; rank++) {
      int slot = slot(lefts[rank], rights[rank]);
      pairs[slot] = pair(lefts[rank], rights[rank]);
      ranks[slot] = rank;
    }
  }

  /** Reads a table that {@link #write} wrote. */
  MergeTable(ByteBuffer source) {
    pairs = Blocks.longs(source);
    ranks = Blocks.ints(source);
    results = Blocks.ints(source);
    shift = Long.numberOfLeadingZeros(pairs.length) + 1;
  }

  /** Writes {@link #bytes} bytes. */
  void write(ByteBuffer target) {
    Blocks.put(target, pairs);
    Blocks.put(target, ranks, ranks.length);
    Blocks.put(target, results, results.length);
  }

  /** Returns how many bytes it takes to write this. */
  long bytes() {
    return Blocks.bytes(pairs.length, Long.BYTES)
        + Blocks.bytes(ranks.length, Integer.BYTES)
        + Blocks.bytes(results.length, Integer.BYTES);
  }

  /** Returns whether there is no merge. */
  boolean isEmpty() {
    return results.length == 0;
  }

  /** Returns the rank of the merge of two ids, or -1 if they do not merge. */
  int rank(int left, int right) {
    int slot = slot(left, right);
    return pairs[slot] == FREE ? -1 : ranks[slot];
  }

  /** Returns the id that the merge of this rank makes. */
  int result(int rank) {
    return results[rank];
  }

  private int slot(int left, int right) {
    long pair = pair(left, right);
    int slot = (int) ((pair * 0x9E3779B97F4A7C15L) >>> shift);
    while (pairs[slot] != FREE && pairs[slot] != pair) {
      slot = (slot + 1) & (pairs.length - 1);
    }
    return slot;
  }

  private static long pair(int left, int right) {
    return ((long) left << 32) | right;
  }
}
