package org.mlcengine.generation;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;

/**
 * Looks for stop strings in text that arrives in pieces. The stop string that is complete first
 * counts; of several that end together, the longest. Text that may be the beginning of a stop
 * string is held back until that is decided, and everything before it is released at once.
 *
 * <p>This is the automaton of Aho and Corasick ("Efficient string matching", 1975), so that the
 * work does not grow with the number of stop strings. One object serves one reply and one thread.
 */
public final class StopStrings {
  private static final class Node {
    private final int depth;
    private final Map<Character, Node> next = new HashMap<>();
    private Node fallback = this;

    /** The length of the longest stop string that ends here, or 0. */
    private int stop;

    Node(int depth) {
      this.depth = depth;
    }
  }

  private final Node root = new Node(0);
  private final StringBuilder held = new StringBuilder();
  private Node state = root;
  private boolean matched;

  /** Looks for these strings; empty ones are left out, because they would end every reply. */
  public StopStrings(Collection<String> strings) {
    for (String string : strings) {
      Node node = root;
      for (int i = 0; i < string.length(); i++) {
        int depth = i + 1;
        node = node.next.computeIfAbsent(string.charAt(i), c -> new Node(depth));
      }
      node.stop = string.length();
    }
    linkFallbacks();
  }

  /** Takes a piece of text and returns what is certain to stand before any stop string. */
  public String append(String piece) {
    if (matched) {
      return "";
    }
    for (int i = 0; i < piece.length() && !matched; i++) {
      char c = piece.charAt(i);
      held.append(c);
      state = step(state, c);
      matched = state.stop > 0;
    }
    return release(matched ? state.stop : state.depth);
  }

  /** Tells whether a stop string was found. Text that is appended afterwards is dropped. */
  public boolean matched() {
    return matched;
  }

  /** Returns what was held back; nothing if a stop string was found. */
  public String finish() {
    state = root;
    return release(0);
  }

  private String release(int kept) {
    String released = held.substring(0, held.length() - kept);
    held.delete(0, matched ? held.length() : released.length());
    return released;
  }

  private Node step(Node from, char c) {
    Node node = from;
    while (node != root && !node.next.containsKey(c)) {
      node = node.fallback;
    }
    return node.next.getOrDefault(c, root);
  }

  private void linkFallbacks() {
    Queue<Node> open = new ArrayDeque<>();
    for (Node child : root.next.values()) {
      child.fallback = root;
      open.add(child);
    }
    while (!open.isEmpty()) {
      Node node = open.remove();
      node.next.forEach(
          (c, child) -> {
            child.fallback = step(node.fallback, c);
            child.stop = Math.max(child.stop, child.fallback.stop);
            open.add(child);
          });
    }
  }
}
