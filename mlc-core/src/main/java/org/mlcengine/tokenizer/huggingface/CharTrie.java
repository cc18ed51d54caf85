package org.mlcengine.tokenizer.huggingface;

import java.util.Arrays;

/**
 * Texts with their ids, found character by character. The transitions lie in one table of open
 * addressing with linear probing, at most half full.
 */
final class CharTrie {
  /** The node in front of the first character. */
  static final int ROOT = 0;

  /** No node, and no id. */
  static final int NONE = -1;

  private static final long FREE = -1;

  private long[] keys = new long[1 << 10];
  private int[] children = new int[1 << 10];
  private int[] ids = new int[1 << 9];
  private int nodes = 1;

  /** Makes a trie of all tokens of a vocabulary. */
  CharTrie(Vocabulary vocabulary) {
    Arrays.fill(keys, FREE);
    Arrays.fill(ids, NONE);
    for (int id = 0, end = vocabulary.endOfIds(); id < end; id++) {
      String token = vocabulary.token(id);
      if (token != null) {
        add(token, id);
      }
    }
  }

  /** Returns the node behind a character, or {@link #NONE}. */
  int next(int node, char c) {
    int slot = slot(key(node, c));
    return keys[slot] == FREE ? NONE : children[slot];
  }

  /** Returns the node behind a text, or {@link #NONE}. */
  int next(int node, String text) {
    int place = node;
    for (int i = 0; i < text.length() && place != NONE; i++) {
      place = next(place, text.charAt(i));
    }
    return place;
  }

  /** Returns the id of the text that ends at a node, or {@link #NONE}. */
  int id(int node) {
    return ids[node];
  }

  private void add(String text, int id) {
    int node = ROOT;
    for (int i = 0; i < text.length(); i++) {
      long key = key(node, text.charAt(i));
      int slot = slot(key);
      if (keys[slot] == FREE) {
        keys[slot] = key;
        children[slot] = nodes++;
        grow();
        node = nodes - 1;
      } else {
        node = children[slot];
      }
    }
    ids[node] = id;
  }

  private void grow() {
    if (nodes == ids.length) {
      ids = Arrays.copyOf(ids, 2 * nodes);
      Arrays.fill(ids, nodes, ids.length, NONE);
      long[] oldKeys = keys;
      int[] oldChildren = children;
      keys = new long[2 * oldKeys.length];
      children = new int[keys.length];
      Arrays.fill(keys, FREE);
      for (int i = 0; i < oldKeys.length; i++) {
        if (oldKeys[i] != FREE) {
          int slot = slot(oldKeys[i]);
          keys[slot] = oldKeys[i];
          children[slot] = oldChildren[i];
        }
      }
    }
  }

  private int slot(long key) {
    int shift = Long.numberOfLeadingZeros(keys.length) + 1;
    int slot = (int) ((key * 0x9E3779B97F4A7C15L) >>> shift);
    while (keys[slot] != FREE && keys[slot] != key) {
      slot = (slot + 1) & (keys.length - 1);
    }
    return slot;
  }

  private static long key(int node, char c) {
    return ((long) node << 16) | c;
  }
}
