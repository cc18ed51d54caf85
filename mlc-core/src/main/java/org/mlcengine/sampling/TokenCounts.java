package org.mlcengine.sampling;

import java.util.Arrays;

/** How often each token was generated: an open-addressing table of ints. */
final class TokenCounts {
  private static final int FREE = -1;
  private static final int SPREAD = 0x9e3779b9;

  private int[] tokens;
  private int[] counts;
  private int size;

  TokenCounts() {
    tokens = freeTable(64);
    counts = new int[tokens.length];
  }

  /** Returns the number of slots; a slot from 0 up to it may be empty. */
  int slots() {
    return tokens.length;
  }

  /** Returns the token in a slot, negative if there is none. */
  int token(int slot) {
    return tokens[slot];
  }

  int count(int slot) {
    return counts[slot];
  }

  void add(int token) {
    int slot = slotOf(token);
    if (tokens[slot] == FREE) {
      tokens[slot] = token;
      size++;
    }
    counts[slot]++;
    if (size > tokens.length / 2) {
      grow();
    }
  }

  private int slotOf(int token) {
    int mask = tokens.length - 1;
    int slot = (token * SPREAD >>> 16) & mask;
    while (tokens[slot] != FREE && tokens[slot] != token) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private void grow() {
    int[] oldTokens = tokens;
    int[] oldCounts = counts;
    tokens = freeTable(2 * oldTokens.length);
    counts = new int[tokens.length];
    for (int i = 0; i < oldTokens.length; i++) {
      if (oldTokens[i] != FREE) {
        int slot = slotOf(oldTokens[i]);
        tokens[slot] = oldTokens[i];
        counts[slot] = oldCounts[i];
      }
    }
  }

  private static int[] freeTable(int length) {
    int[] table = new int[length];
    Arrays.fill(table, FREE);
    return table;
  }
}
