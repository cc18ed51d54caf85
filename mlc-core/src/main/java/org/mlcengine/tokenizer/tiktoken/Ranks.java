package org.mlcengine.tokenizer.tiktoken;

import java.io.IOException;
import java.util.Arrays;
import java.util.Base64;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.mlcengine.tokenizer.ByteTrie;

/** The tokens of a file of ranks. A token's rank is its id. */
final class Ranks {
  private static final int LARGEST_ID = 1 << 21;
  private static final int LONGEST = 1024;
  private static final int BYTES = 256;

  private final byte[][] tokens;
  private final ByteTrie trie;
  private final int count;

  private Ranks(byte[][] tokens) throws IOException {
    this.tokens = tokens;
    int[] ids = IntStream.range(0, tokens.length).filter(id -> tokens[id].length > 0).toArray();
    this.trie =
        ByteTrie.of(Arrays.stream(ids).mapToObj(id -> tokens[id]).toArray(byte[][]::new), ids);
    this.count = ids.length;
    for (int id : ids) {
      if (trie.find(tokens[id]) != id) {
        throw new IOException("expected each token once, found that of " + id + " twice");
      }
    }
    for (int b = 0; b < BYTES; b++) {
      if (trie.find(new byte[] {(byte) b}) < 0) {
        throw new IOException("expected a token for every byte, found none for byte " + b);
      }
    }
  }

  /** Reads lines of a token in Base64, a space and a rank. */
  static Ranks read(byte[] content) throws IOException {
    byte[][] tokens = new byte[1 << 10][];
    int end = 0;
    int number = 1;
    for (int from = 0; from < content.length; number++) {
      int to = endOfLine(content, from);
      Line line = Line.of(content, from, to);
      from = to + 1;
      if (line == null) {
        throw new IOException("expected a token in Base64 and a rank in line " + number);
      }
      if (line.token().length == 0) {
        continue;
      }
      int rank = line.rank();
      if (rank >= tokens.length) {
        tokens = Arrays.copyOf(tokens, Math.max(2 * tokens.length, rank + 1));
      }
      if (tokens[rank] != null) {
        throw new IOException("expected each rank once, found " + rank + " twice");
      }
      tokens[rank] = line.token();
      end = Math.max(end, rank + 1);
    }
    byte[][] all = Arrays.copyOf(tokens, end);
    Arrays.setAll(all, id -> all[id] == null ? new byte[0] : all[id]);
    return new Ranks(all);
  }

  /** Whether a file begins as one of ranks does. */
  static boolean matches(byte[] content) {
    Line first = Line.of(content, 0, endOfLine(content, 0));
    return first != null && first.token().length > 0;
  }

  private static int endOfLine(byte[] content, int from) {
    int end = from;
    while (end < content.length && content[end] != '\n') {
      end++;
    }
    return end;
  }

  /**
   * A line of a file.
   *
   * @param token the token; none in an empty line
   * @param rank its rank
   */
  private record Line(byte[] token, int rank) {
    /** Reads {@code content[from, to)}; null if it is malformed. */
    static @Nullable Line of(byte[] content, int from, int to) {
      int end = to > from && content[to - 1] == '\r' ? to - 1 : to;
      if (from == end) {
        return new Line(new byte[0], 0);
      }
      int space = from;
      while (space < end && content[space] != ' ') {
        space++;
      }
      long rank = space + 1 < end ? 0 : -1;
      for (int i = space + 1; i < end && rank >= 0; i++) {
        int digit = content[i] - '0';
        rank = digit < 0 || digit > 9 ? -1 : Math.min(10 * rank + digit, LARGEST_ID + 1L);
      }
      byte[] token = rank < 0 ? new byte[0] : decode(Arrays.copyOfRange(content, from, space));
      return token.length == 0 || token.length > LONGEST || rank > LARGEST_ID
          ? null
          : new Line(token, (int) rank);
    }

    private static byte[] decode(byte[] base64) {
      try {
        return Base64.getDecoder().decode(base64);
      } catch (IllegalArgumentException e) {
        return new byte[0];
      }
    }
  }

  ByteTrie trie() {
    return trie;
  }

  /** Returns the bytes of a token; none for an id without a token. */
  byte[] token(int id) {
    return id < 0 || id >= tokens.length ? new byte[0] : tokens[id];
  }

  /** Returns the number of tokens. */
  int count() {
    return count;
  }

  /** Returns a number above every id. */
  int end() {
    return tokens.length;
  }
}
