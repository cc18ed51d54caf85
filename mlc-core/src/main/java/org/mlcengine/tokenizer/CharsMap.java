package org.mlcengine.tokenizer;

import java.io.IOException;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Rules that replace byte strings: the {@code precompiled_charsmap} of SentencePiece, which
 * tokenizer files of Hugging Face hold as well. It has the size of a double array in four bytes,
 * the double array, whose values are places in what follows, and the replacements, each with a zero
 * byte behind it. All numbers have their lowest byte first.
 *
 * <p>A unit of a double array has a label in its lowest eight bits, a bit that tells of a value in
 * the ninth, and the way to its children in the upper ones; a unit with a value has the highest bit
 * set.
 *
 * <p>Where several rules begin a text, SentencePiece takes the longest one, and goes on behind what
 * it replaced. The Hugging Face library looks up a whole grapheme cluster or character, takes the
 * first rule that the search meets, which is the shortest one, and replaces all of what it looked
 * up. The two differ for a character whose rule is longer than that of its beginning, so each kind
 * of file is read with the choice of the library that it belongs to.
 */
public final class CharsMap {
  /** A map without rules. */
  public static final CharsMap EMPTY = new CharsMap(new int[0], new byte[0]);

  /** No rule of a map has more bytes, and no replacement. */
  public static final int LONGEST = 1024;

  private static final int LABEL = 0x800000FF;
  private static final int HAS_VALUE = 1 << 8;
  private static final int LABELS = 1 << 8;
  private static final int VALUE = 0x7FFFFFFF;

  private final int[] units;
  private final byte[] replacements;

  private CharsMap(int[] units, byte[] replacements) {
    this.units = units;
    this.replacements = replacements;
  }

  /**
   * Reads a map; no bytes are a map without rules.
   *
   * @throws IOException if the map is malformed, has a cycle, or a rule or replacement of more than
   *     {@link #LONGEST} bytes
   */
  public static CharsMap of(byte[] blob) throws IOException {
    if (blob.length == 0) {
      return EMPTY;
    }
    long size = blob.length < 4 ? -1 : Integer.toUnsignedLong(number(blob, 0));
    if (size <= 0 || size % 4 != 0 || size + 4 >= blob.length) {
      throw new IOException("expected a precompiled_charsmap with a double array and replacements");
    }
    int[] units = new int[(int) size / 4];
    for (int i = 0; i < units.length; i++) {
      units[i] = number(blob, 4 + 4 * i);
    }
    CharsMap map = new CharsMap(units, Arrays.copyOfRange(blob, 4 + (int) size, blob.length));
    new Check(map).run();
    return map;
  }

  /** Returns the longest rule that {@code text[from, to)} begins with. */
  public Match longest(byte[] text, int from, int to) {
    return match(text, from, to, false);
  }

  /** Returns the shortest rule that {@code text[from, to)} begins with. */
  public Match shortest(byte[] text, int from, int to) {
    return match(text, from, to, true);
  }

  private Match match(byte[] text, int from, int to, boolean first) {
    if (units.length == 0) {
      return new Match(0, 0, false);
    }
    int length = 0;
    int replacement = 0;
    int children = children(0);
    for (int i = from; i < to; i++) {
      int node = child(children, text[i] & 0xFF);
      if (node < 0) {
        return new Match(length, replacement, false);
      }
      children = children(node);
      if ((units[node] & HAS_VALUE) != 0) {
        length = i + 1 - from;
        replacement = units[children] & VALUE;
        if (first) {
          return new Match(length, replacement, false);
        }
      }
    }
    return new Match(length, replacement, true);
  }

  /**
   * The rule that was chosen at a place.
   *
   * @param length how many bytes it has; 0 if there is no rule
   * @param replacement where its replacement starts
   * @param open whether another rule may be chosen if more text follows
   */
  public record Match(int length, int replacement, boolean open) {}

  /** Returns what holds the replacements, for reading only. */
  public byte[] replacements() {
    return replacements;
  }

  /** Returns where the replacement ends that starts at a place. */
  public int endOfReplacement(int start) {
    int end = start;
    while (end < replacements.length && replacements[end] != 0) {
      end++;
    }
    return end;
  }

  private int children(int node) {
    return node ^ offset(units[node]);
  }

  /** Returns the child of a label, given where the children are; -1 if there is none. */
  private int child(int children, int label) {
    int child = children ^ label;
    // Zero is the place of a value.
    return label > 0 && child < units.length && (units[child] & LABEL) == label ? child : -1;
  }

  private static int offset(int unit) {
    return (unit >>> 10) << ((unit & (1 << 9)) >>> 6);
  }

  private static int number(byte[] bytes, int at) {
    return (bytes[at] & 0xFF)
        | (bytes[at + 1] & 0xFF) << 8
        | (bytes[at + 2] & 0xFF) << 16
        | bytes[at + 3] << 24;
  }

  /** Follows every way through a map once, so that a damaged one is refused. */
  private static final class Check {
    private final CharsMap map;
    private final int[] heights;
    private final BitSet open = new BitSet();
    private final int[] path = new int[LONGEST + 1];
    private final int[] labels = new int[LONGEST + 1];
    private int depth;

    Check(CharsMap map) {
      this.map = map;
      this.heights = new int[map.units.length];
    }

    void run() throws IOException {
      enter(0);
      while (depth > 0) {
        int node = path[depth - 1];
        int label = ++labels[depth - 1];
        if (label == LABELS) {
          leave(node);
          continue;
        }
        int child = map.child(map.children(node), label);
        if (child >= 0 && heights[child] == 0) {
          enter(child);
        } else if (child >= 0) {
          heights[node] = Math.max(heights[node], heights[child]);
        }
      }
      if (heights[0] > LONGEST) {
        throw tooLong();
      }
    }

    private void enter(int node) throws IOException {
      if (open.get(node)) {
        throw new IOException("expected a precompiled_charsmap without cycles");
      }
      if (depth == path.length) {
        throw tooLong();
      }
      if ((map.units[node] & HAS_VALUE) != 0) {
        checkValue(map.children(node));
      }
      open.set(node);
      path[depth] = node;
      labels[depth++] = 0;
    }

    private void leave(int node) {
      open.clear(node);
      heights[node]++;
      depth--;
      if (depth > 0) {
        heights[path[depth - 1]] = Math.max(heights[path[depth - 1]], heights[node]);
      }
    }

    private void checkValue(int leaf) throws IOException {
      int start = leaf < map.units.length ? map.units[leaf] & VALUE : Integer.MAX_VALUE;
      if (start >= map.replacements.length) {
        throw new IOException("expected the replacements of a precompiled_charsmap within it");
      }
      if (map.endOfReplacement(start) - start > LONGEST) {
        throw tooLong();
      }
    }

    private static IOException tooLong() {
      return new IOException(
          "expected at most " + LONGEST + " bytes in each rule of a precompiled_charsmap");
    }
  }
}
