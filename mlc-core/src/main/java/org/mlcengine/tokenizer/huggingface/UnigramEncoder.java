package org.mlcengine.tokenizer.huggingface;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.mlcengine.tokenizer.IntList;

/**
 * A unigram language model: of all ways to write a piece as tokens, the one whose scores add up to
 * the most, found by Viterbi's algorithm. A character without a token of its own scores less than
 * any token; neighbours of that kind are one unknown token.
 */
final class UnigramEncoder implements WordEncoder {
  private static final double UNKNOWN_PENALTY = 10;

  private final Vocabulary vocabulary;
  private final CharTrie trie;
  private final double[] scores;
  private final int unknownId;
  private final int @Nullable [] byteIds;
  private final double unknownScore;

  /**
   * Makes an encoder.
   *
   * @param scores the logarithm of each id's probability
   * @param byteIds the ids of the tokens {@code <0x00>} to {@code <0xFF>}, -1 where there is none;
   *     null if bytes have no tokens
   */
  UnigramEncoder(Vocabulary vocabulary, double[] scores, int unknownId, int @Nullable [] byteIds) {
    this.vocabulary = vocabulary;
    this.trie = new CharTrie(vocabulary);
    this.scores = scores;
    this.unknownId = unknownId;
    this.byteIds = byteIds;
    double lowest = Double.POSITIVE_INFINITY;
    for (double score : scores) {
      lowest = Math.min(lowest, score);
    }
    this.unknownScore = lowest - UNKNOWN_PENALTY;
  }

  @Override
  public void encode(String text, int from, int to, IntList ids) {
    Path path = new Path(to - from);
    for (int begin = 0, width; begin < path.length; begin += width) {
      width = Character.charCount(text.codePointAt(from + begin));
      boolean single = false;
      int node = CharTrie.ROOT;
      for (int end = begin; end < path.length; ) {
        node = trie.next(node, text.charAt(from + end++));
        if (node == CharTrie.NONE) {
          break;
        }
        int id = trie.id(node);
        if (id != CharTrie.NONE) {
          path.offer(begin, end, id, scores[id]);
          single |= end - begin == width;
        }
      }
      if (!single) {
        path.offer(begin, begin + width, unknownId, unknownScore);
      }
    }
    addPath(path, text, from, ids);
  }

  private void addPath(Path path, String text, int from, IntList ids) {
    int count = path.reverse();
    for (int i = 0, next; i < count; i = next) {
      int begin = path.begins[path.ends[i]];
      next = i + 1;
      if (path.ids[path.ends[i]] != unknownId) {
        ids.add(path.ids[path.ends[i]]);
        continue;
      }
      while (next < count && path.ids[path.ends[next]] == unknownId) {
        next++;
      }
      addUnknown(text.substring(from + begin, from + path.ends[next - 1]), ids);
    }
  }

  private void addUnknown(String text, IntList ids) {
    int known = text.length() <= vocabulary.longest() ? vocabulary.id(text) : -1;
    if (known >= 0) {
      ids.add(known);
    } else if (byteIds == null || !addBytes(text, byteIds, ids)) {
      ids.add(unknownId);
    }
  }

  private static boolean addBytes(String text, int[] byteIds, IntList ids) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    for (byte b : bytes) {
      if (byteIds[b & 0xFF] < 0) {
        return false;
      }
    }
    for (byte b : bytes) {
      ids.add(byteIds[b & 0xFF]);
    }
    return true;
  }

  /** The best way to each place: where its last token begins, which it is, and the score. */
  private static final class Path {
    private static final int NOWHERE = -1;

    private final int length;
    private final int[] begins;
    private final int[] ids;
    private final double[] best;
    private int[] ends = new int[0];

    Path(int length) {
      this.length = length;
      this.begins = new int[length + 1];
      this.ids = new int[length + 1];
      this.best = new double[length + 1];
      Arrays.fill(begins, NOWHERE);
    }

    void offer(int begin, int end, int id, double score) {
      double candidate = score + best[begin];
      if (begins[end] == NOWHERE || candidate > best[end]) {
        best[end] = candidate;
        begins[end] = begin;
        ids[end] = id;
      }
    }

    /** Collects where the tokens of the best way end, in order; returns how many they are. */
    int reverse() {
      int count = 0;
      for (int end = length; end > 0; end = begins[end]) {
        count++;
      }
      ends = new int[count];
      int place = count;
      for (int end = length; end > 0; end = begins[end]) {
        ends[--place] = end;
      }
      return count;
    }
  }
}
