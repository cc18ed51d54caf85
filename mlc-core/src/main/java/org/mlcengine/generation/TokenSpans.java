package org.mlcengine.generation;

import java.util.Arrays;

/**
 * Which tokens of a reply have had their text given out, while some of it is held back. Spans lie
 * in a ring that grows to the longest text ever held.
 */
final class TokenSpans {
  private long[] ends = new long[16];
  private int first;
  private int count;
  private long decoded;
  private long given;
  private long firstStart;

  /** Adds a token that contributes so many characters, perhaps none. */
  void add(int characters) {
    if (count == ends.length) {
      grow();
    }
    decoded += characters;
    ends[(first + count++) & (ends.length - 1)] = decoded;
  }

  /** Returns how many more tokens are out, once so many more characters are given. */
  int give(int characters) {
    given += characters;
    int out = 0;
    while (count > 0 && ends[first] <= given) {
      removeFirst();
      out++;
    }
    return out;
  }

  /**
   * As {@link #give}, but nothing follows: a token of which only a part is given is out as well.
   */
  int giveLast(int characters) {
    int out = give(characters);
    if (count > 0 && firstStart < given) {
      removeFirst();
      out++;
    }
    return out;
  }

  /** Returns how many tokens are not out yet; they are from now on. */
  int giveAll() {
    int out = count;
    count = 0;
    return out;
  }

  private void removeFirst() {
    firstStart = ends[first];
    first = (first + 1) & (ends.length - 1);
    count--;
  }

  private void grow() {
    long[] grown = Arrays.copyOfRange(ends, first, first + 2 * ends.length);
    System.arraycopy(ends, 0, grown, ends.length - first, first);
    ends = grown;
    first = 0;
  }
}
