package org.mlcengine.generation;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.mlcengine.errors.InvalidRequestException;

/**
 * Stop strings, ready to be looked for, which all choices of a request share. They are the
 * automaton of Aho and Corasick ("Efficient string matching", 1975): a state is the longest
 * beginning of a stop string that ends the text so far. States are numbered by their length, and
 * the successors of one follow each other in the order of their characters, so that a few numbers
 * hold each: 18 bytes for a character of the strings. Immutable.
 */
public final class StopAutomaton {
  /** The state of an empty text. */
  static final int START = 0;

  private static final int NONE = -1;

  private final int[] depth;
  private final int[] firstChild;
  private final int[] fallback;
  private final int[] stop;
  private final char[] characters;
  private int size = 1;

  /**
   * Compiles strings; empty ones are left out, because they would end every reply.
   *
   * @throws InvalidRequestException if a string has a surrogate without its partner, which no text
   *     has
   */
  public StopAutomaton(Collection<String> strings) {
    strings.forEach(StopAutomaton::requireWellFormed);
    List<String> sorted =
        strings.stream().filter(string -> !string.isEmpty()).distinct().sorted().toList();
    int capacity = 1 + sorted.stream().mapToInt(String::length).reduce(0, Math::addExact);
    depth = new int[capacity];
    firstChild = new int[capacity + 1];
    fallback = new int[capacity];
    stop = new int[capacity];
    characters = new char[capacity];
    build(sorted);
  }

  /** Returns the state after another character. */
  int next(int state, char c) {
    int from = state;
    int child = child(from, c);
    while (child == NONE && from != START) {
      from = fallback[from];
      child = child(from, c);
    }
    return child == NONE ? START : child;
  }

  /** Returns how much of the text's end the state stands for, in characters. */
  int depth(int state) {
    return depth[state];
  }

  /** Returns the length of the longest stop string that ends the text, or 0. */
  int stop(int state) {
    return stop[state];
  }

  /** Each state has the range of the sorted strings that begin with its text. */
  private void build(List<String> sorted) {
    int[] from = new int[depth.length];
    int[] to = new int[depth.length];
    to[START] = sorted.size();
    for (int state = START; state < size; state++) {
      firstChild[state] = size;
      int position = depth[state];
      int start = from[state];
      if (start < to[state] && sorted.get(start).length() == position) {
        stop[state] = position;
        start++;
      }
      while (start < to[state]) {
        char c = sorted.get(start).charAt(position);
        int end = start + 1;
        while (end < to[state] && sorted.get(end).charAt(position) == c) {
          end++;
        }
        from[size] = start;
        to[size] = end;
        add(state, c);
        start = end;
      }
      stop[state] = Math.max(stop[state], stop[fallback[state]]);
    }
    firstChild[size] = size;
  }

  private void add(int parent, char c) {
    characters[size] = c;
    depth[size] = depth[parent] + 1;
    fallback[size] = parent == START ? START : next(fallback[parent], c);
    size++;
  }

  private int child(int state, char c) {
    int found = Arrays.binarySearch(characters, firstChild[state], firstChild[state + 1], c);
    return found < 0 ? NONE : found;
  }

  private static void requireWellFormed(String string) {
    for (int i = 0; i < string.length(); i++) {
      int codePoint = string.codePointAt(i);
      if (Character.isSupplementaryCodePoint(codePoint)) {
        i++;
      } else if (Character.isSurrogate((char) codePoint)) {
        throw new InvalidRequestException(
            "stop",
            "expected Unicode text, found the surrogate \\u%04x without its partner at character %d"
                    .formatted(codePoint, i)
                + " of a stop string; send whole characters.");
      }
    }
  }
}
