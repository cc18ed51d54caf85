package org.mlcengine.scheduler;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.mlcengine.runtime.KvStore;

/**
 * Which sequences of the KV cache begin alike: a tree of blocks of tokens, one tree for each cache
 * key. A node knows the sequences whose prompts pass through it.
 */
final class PrefixTree {
  /**
   * Tokens of a block. A multiple of the tile in which kernels go through keys, so that a shared
   * prefix gives the same bits as an own one.
   */
  static final int BLOCK = KvStore.BLOCK;

  /** A sequence in the KV cache, as far as its prompt has whole blocks. */
  static final class Holder {
    private final long id;
    private final String key;
    private final Node end;

    /** How many of its tokens are computed. */
    private int ready;

    private Holder(long id, String key, Node end) {
      this.id = id;
      this.key = key;
      this.end = end;
    }

    long id() {
      return id;
    }

    int ready() {
      return ready;
    }

    void ready(int tokens) {
      ready = tokens;
    }

    /** Returns how many tokens its whole blocks have. */
    int length() {
      return end.depth * BLOCK;
    }

    /** Returns the tokens of its whole blocks. */
    int[] tokens() {
      int[] tokens = new int[length()];
      for (Node node = end; node.parent != null && node.block != null; node = node.parent) {
        System.arraycopy(node.block.tokens, 0, tokens, (node.depth - 1) * BLOCK, BLOCK);
      }
      return tokens;
    }
  }

  /**
   * What a prompt shares with a sequence that is there.
   *
   * @param holder the sequence; null if there is none
   * @param length how many tokens can be shared now
   * @param coming how many could be shared once sequences under way are computed so far
   */
  record Match(@Nullable Holder holder, int length, int coming) {}

  private static final Match NONE = new Match(null, 0, 0);

  private static final class Node {
    private final @Nullable Node parent;
    private final @Nullable Block block;
    private final int depth;
    private final Map<Block, Node> children = new HashMap<>();
    private final List<Holder> holders = new ArrayList<>();

    Node(@Nullable Node parent, @Nullable Block block) {
      this.parent = parent;
      this.block = block;
      this.depth = parent == null ? 0 : parent.depth + 1;
    }
  }

  private record Block(int[] tokens) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Block block && Arrays.equals(tokens, block.tokens);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(tokens);
    }
  }

  private final Map<String, Node> roots = new HashMap<>();

  /** Adds a sequence whose KV is yet to be computed. */
  Holder add(long id, String key, int[] tokens, int length) {
    Node node = roots.computeIfAbsent(key, k -> new Node(null, null));
    List<Node> path = new ArrayList<>();
    for (int at = 0; at + BLOCK <= length; at += BLOCK) {
      Node parent = node;
      node = parent.children.computeIfAbsent(block(tokens, at), block -> new Node(parent, block));
      path.add(node);
    }
    Holder holder = new Holder(id, key, node);
    path.forEach(each -> each.holders.add(holder));
    return holder;
  }

  /** Removes a sequence. */
  void remove(Holder holder) {
    for (Node node = holder.end; node.parent != null; node = node.parent) {
      node.holders.remove(holder);
      if (node.holders.isEmpty()) {
        node.parent.children.remove(node.block);
      }
    }
    Node root = roots.get(holder.key);
    if (root != null && root.children.isEmpty()) {
      roots.remove(holder.key);
    }
  }

  /** Finds the sequence that shares the most of a prompt's first {@code length} tokens. */
  Match find(String key, int[] tokens, int length) {
    Node node = roots.get(key);
    if (node == null) {
      return NONE;
    }
    for (int at = 0; at + BLOCK <= length; at += BLOCK) {
      Node next = node.children.get(block(tokens, at));
      if (next == null) {
        break;
      }
      node = next;
    }
    int coming = node.depth * BLOCK;
    Holder best = null;
    int most = 0;
    for (; node.parent != null && node.depth * BLOCK > most; node = node.parent) {
      for (Holder holder : node.holders) {
        int usable = Math.min(node.depth, holder.ready / BLOCK) * BLOCK;
        // Of equals, one that goes no further: it may be taken over as it is.
        if (usable > most || best != null && usable == most && holder.length() < best.length()) {
          best = holder;
          most = usable;
        }
      }
    }
    return most == 0 ? new Match(null, 0, coming) : new Match(best, most, coming);
  }

  private static Block block(int[] tokens, int from) {
    return new Block(Arrays.copyOfRange(tokens, from, from + BLOCK));
  }
}
