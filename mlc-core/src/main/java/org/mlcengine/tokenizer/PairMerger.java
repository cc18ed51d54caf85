package org.mlcengine.tokenizer;

import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Byte pair encoding for vocabularies without a list of merges: two neighbouring symbols merge if
 * their bytes, joined, are a token. The token with the smallest rank goes first, and of equal ranks
 * the leftmost. The work grows as n log n with the number of symbols. An instance serves one thread
 * and any number of texts, one after the other.
 */
public final class PairMerger {
  /** Receives the symbols that are left, in order. */
  @FunctionalInterface
  public interface Symbols {
    /** Takes the symbol {@code text[from, to)}. */
    void accept(int from, int to);
  }

  /** Learns which two symbols may become a token. */
  @FunctionalInterface
  public interface Candidates {
    /** Takes a token and how many of its bytes are those of the left symbol. */
    void accept(int token, int leftLength);
  }

  private static final int FROZEN = -2;
  private static final int[] EMPTY = new int[0];

  private final ByteTrie tokens;
  private final int[] ranks;
  private final @Nullable Candidates candidates;
  private final LongHeap queue = new LongHeap(64);
  private byte[] text = new byte[0];
  private int[] starts = EMPTY;
  private int[] next = EMPTY;
  private int[] previous = EMPTY;
  private int[] nodes = EMPTY;
  private int[] joined = EMPTY;
  private int count;

  /**
   * Makes a merger.
   *
   * @param tokens the tokens, whose values are indices of {@code ranks}
   * @param ranks the rank of each token
   * @param candidates learns of each pair that was found; null if nobody wants to know
   */
  public PairMerger(ByteTrie tokens, int[] ranks, @Nullable Candidates candidates) {
    this.tokens = tokens;
    this.ranks = ranks;
    this.candidates = candidates;
  }

  /**
   * Merges the symbols of a text.
   *
   * @param bounds where each symbol starts, and behind the last start the end of the last symbol
   * @param length how many numbers of {@code bounds} count; at least 2
   * @param frozen the symbols that never merge
   */
  public void merge(byte[] bytes, int[] bounds, int length, BitSet frozen, Symbols symbols) {
    begin(bytes, bounds, length, frozen);
    for (int i = 0; i < count; i++) {
      offer(i);
    }
    while (!queue.isEmpty()) {
      long first = queue.poll();
      mergeAt((int) first, (int) (first >> 32));
    }
    for (int i = 0; i < count; i = next[i]) {
      symbols.accept(starts[i], starts[next[i]]);
    }
  }

  private void begin(byte[] bytes, int[] bounds, int length, BitSet frozen) {
    text = bytes;
    count = length - 1;
    if (next.length < length) {
      int capacity = Math.max(length, 2 * next.length);
      starts = new int[capacity];
      next = new int[capacity];
      previous = new int[capacity];
      nodes = new int[capacity];
      joined = new int[capacity];
    }
    System.arraycopy(bounds, 0, starts, 0, length);
    Arrays.fill(joined, 0, count, ByteTrie.NONE);
    for (int i = 0; i < count; i++) {
      next[i] = i + 1;
      previous[i] = i - 1;
      nodes[i] =
          frozen.get(i)
              ? ByteTrie.NONE
              : tokens.walk(ByteTrie.ROOT, bytes, starts[i], starts[i + 1]);
    }
    // A frozen symbol leads nowhere as the left one of a pair; as the right one it is told by this.
    for (int i = frozen.nextSetBit(0); i >= 0 && i < count; i = frozen.nextSetBit(i + 1)) {
      joined[i] = FROZEN;
    }
  }

  private void mergeAt(int left, int rank) {
    int token = joined[left];
    // An entry is out of date when one of its two symbols has merged with another one since.
    if (token < 0 || ranks[token] != rank) {
      return;
    }
    int right = next[left];
    nodes[left] = tokens.walk(nodes[left], text, starts[right], starts[next[right]]);
    joined[right] = ByteTrie.NONE;
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
    if (joined[left] == FROZEN) {
      return;
    }
    int right = next[left];
    int token = ByteTrie.NONE;
    if (right < count && joined[right] != FROZEN && nodes[left] != ByteTrie.NONE) {
      int node = tokens.walk(nodes[left], text, starts[right], starts[next[right]]);
      token = node == ByteTrie.NONE ? ByteTrie.NONE : tokens.value(node);
    }
    joined[left] = token;
    if (token >= 0) {
      queue.add(((long) ranks[token] << 32) | left);
      if (candidates != null) {
        candidates.accept(token, starts[right] - starts[left]);
      }
    }
  }
}
