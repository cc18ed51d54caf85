package org.mlcengine.tokenizer;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Comparator;

/**
 * A tree of byte strings: which of them a text has at a place, and which value each one has. The
 * nodes lie level by level in arrays, the children of a node side by side.
 */
public final class ByteTrie {
  /** No node, or no value. */
  public static final int NONE = -1;

  /** The node of the empty string. */
  public static final int ROOT = 0;

  private final byte[] labels;
  private final int[] firstChildren;
  private final int[] values;
  private final int longest;

  private ByteTrie(byte[] labels, int[] firstChildren, int[] values, int longest) {
    this.labels = labels;
    this.firstChildren = firstChildren;
    this.values = values;
    this.longest = longest;
  }

  /**
   * Makes a tree.
   *
   * @param keys the byte strings; none is empty
   * @param values the value of each key, at least 0; of equal keys the last one counts
   */
  public static ByteTrie of(byte[][] keys, int[] values) {
    return new Builder(keys, values).build();
  }

  /** Returns the node that a byte leads to, or {@link #NONE}. */
  public int child(int node, byte label) {
    int low = firstChildren[node];
    int high = firstChildren[node + 1];
    int wanted = label & 0xFF;
    while (low < high) {
      int middle = (low + high) >>> 1;
      int found = labels[middle] & 0xFF;
      if (found == wanted) {
        return middle;
      }
      if (found < wanted) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return NONE;
  }

  /** Returns the node that the bytes {@code text[from, to)} lead to, or {@link #NONE}. */
  public int walk(int node, byte[] text, int from, int to) {
    int reached = node;
    for (int i = from; i < to && reached != NONE; i++) {
      reached = child(reached, text[i]);
    }
    return reached;
  }

  /** Returns the value of the key that ends at a node, or {@link #NONE}. */
  public int value(int node) {
    return values[node];
  }

  /** Returns the value of the key {@code text[from, to)}, or {@link #NONE}. */
  public int find(byte[] text, int from, int to) {
    int node = walk(ROOT, text, from, to);
    return node == NONE ? NONE : values[node];
  }

  /** Returns the value of a key, or {@link #NONE}. */
  public int find(byte[] key) {
    return find(key, 0, key.length);
  }

  /** Returns the length of the longest key that the text has at a place; 0 if there is none. */
  public int longestAt(byte[] text, int from, int to) {
    int found = 0;
    int node = ROOT;
    for (int i = from; i < to; i++) {
      node = child(node, text[i]);
      if (node == NONE) {
        break;
      }
      if (values[node] != NONE) {
        found = i + 1 - from;
      }
    }
    return found;
  }

  /** Returns the length of the longest key. */
  public int longest() {
    return longest;
  }

  /** Splits ranges of sorted keys by their next byte, one level after the other. */
  private static final class Builder {
    private static final int PREFIX = 5;
    private static final int INDEX_BITS = 24;
    private static final int LARGEST_INDEX = (1 << INDEX_BITS) - 1;

    private final byte[][] keys;
    private final int[] keyValues;
    private final ByteArrayOutputStream labels = new ByteArrayOutputStream();
    private final IntList firstChildren = new IntList();
    private final IntList values = new IntList();
    private int nodes = 1;
    private int longest;

    Builder(byte[][] keys, int[] values) {
      int[] order = order(keys);
      this.keys = Arrays.stream(order).mapToObj(i -> keys[i]).toArray(byte[][]::new);
      this.keyValues = Arrays.stream(order).map(i -> values[i]).toArray();
      labels.write(0);
    }

    ByteTrie build() {
      int[] ranges = {0, keys.length};
      for (int depth = 0; ranges.length > 0; depth++) {
        longest = depth;
        IntList below = new IntList();
        for (int i = 0; i < ranges.length; i += 2) {
          split(ranges[i], ranges[i + 1], depth, below);
        }
        ranges = below.toArray();
      }
      firstChildren.add(nodes);
      return new ByteTrie(labels.toByteArray(), firstChildren.toArray(), values.toArray(), longest);
    }

    /** Returns the indices of the keys in the order of the keys. */
    private static int[] order(byte[][] keys) {
      if (keys.length > LARGEST_INDEX) {
        throw new IllegalArgumentException("at most " + LARGEST_INDEX + " keys: " + keys.length);
      }
      // The first bytes decide nearly always, and numbers are sorted much faster than objects.
      long[] prefixes = new long[keys.length];
      Arrays.setAll(prefixes, i -> (prefix(keys[i]) << INDEX_BITS | i) ^ Long.MIN_VALUE);
      Arrays.sort(prefixes);
      int[] order = new int[keys.length];
      Arrays.setAll(order, i -> (int) prefixes[i] & LARGEST_INDEX);
      for (int start = 0; start < order.length; ) {
        int end = start + 1;
        while (end < order.length && prefixes[start] >> INDEX_BITS == prefixes[end] >> INDEX_BITS) {
          end++;
        }
        if (end - start > 1) {
          sort(keys, order, start, end);
        }
        start = end;
      }
      return order;
    }

    private static long prefix(byte[] key) {
      long prefix = 0;
      for (int i = 0; i < PREFIX; i++) {
        prefix = prefix << 8 | (i < key.length ? key[i] & 0xFF : 0);
      }
      return prefix;
    }

    private static void sort(byte[][] keys, int[] order, int from, int to) {
      int[] sorted =
          Arrays.stream(order, from, to)
              .boxed()
              .sorted(Comparator.comparing(i -> keys[i], Arrays::compareUnsigned))
              .mapToInt(Integer::intValue)
              .toArray();
      System.arraycopy(sorted, 0, order, from, sorted.length);
    }

    private void split(int from, int to, int depth, IntList below) {
      int start = from;
      int value = NONE;
      while (start < to && keys[start].length == depth) {
        value = keyValues[start++];
      }
      values.add(value);
      firstChildren.add(nodes);
      while (start < to) {
        byte label = keys[start][depth];
        int end = start + 1;
        while (end < to && keys[end][depth] == label) {
          end++;
        }
        labels.write(label);
        nodes++;
        below.add(start);
        below.add(end);
        start = end;
      }
    }
  }
}
