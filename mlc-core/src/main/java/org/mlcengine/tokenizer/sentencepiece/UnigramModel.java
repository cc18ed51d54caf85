package org.mlcengine.tokenizer.sentencepiece;

import java.util.Arrays;
import org.mlcengine.tokenizer.ByteTrie;
import org.mlcengine.tokenizer.IntList;

/**
 * The pieces whose scores have the greatest sum (Kudo, 2018), found from left to right: of the best
 * ways to each place only the score and the last piece are kept. Scores are summed up in the
 * precision of SentencePiece, because the sums decide between ways that are nearly equal.
 */
final class UnigramModel implements PieceModel {
  private static final float UNKNOWN_PENALTY = 10;
  private static final double USER_DEFINED_SCORE = 0.1;

  private final PieceTable table;
  private final ByteTrie trie;
  private final float unknownScore;

  UnigramModel(PieceTable table) {
    this.table = table;
    this.trie = table.texts();
    float low = Float.MAX_VALUE;
    for (int id = 0; id < table.size(); id++) {
      if (table.type(id) == PieceType.NORMAL) {
        low = Math.min(low, table.score(id));
      }
    }
    this.unknownScore = low - UNKNOWN_PENALTY;
  }

  @Override
  public void split(byte[] text, int length, Pieces pieces) {
    Ways ways = new Ways(length);
    for (int from = 0; from < length; ) {
      ways.reset(from);
      int to = from + Math.min(Utf8.length(text[from]), length - from);
      if (!offerPieces(text, from, to, length, ways)) {
        ways.offer(from, to, table.unknownId(), unknownScore);
      }
      from = to;
    }
    ways.give(length, pieces);
  }

  /** Returns whether there was a piece that ends with the first character. */
  private boolean offerPieces(byte[] text, int from, int character, int length, Ways ways) {
    boolean single = false;
    int node = ByteTrie.ROOT;
    for (int to = from + 1; to <= length; to++) {
      node = trie.child(node, text[to - 1]);
      if (node == ByteTrie.NONE) {
        break;
      }
      int id = trie.value(node);
      if (id != ByteTrie.NONE && table.type(id) != PieceType.UNUSED) {
        ways.offer(from, to, id, score(id, to - from));
        single |= to == character;
      }
    }
    return single;
  }

  private float score(int id, int length) {
    return table.type(id) == PieceType.USER_DEFINED
        ? (float) (USER_DEFINED_SCORE * (length - 1))
        : table.score(id);
  }

  /** The best way to each place of a text. */
  private static final class Ways {
    private static final int NONE = -1;
    private static final float RESET = 100_000;

    private final float[] scores;
    private final int[] ids;
    private final int[] starts;
    private int frontier;

    Ways(int length) {
      scores = new float[length + 1];
      ids = new int[length + 1];
      starts = new int[length + 1];
      Arrays.fill(starts, NONE);
    }

    /** Takes the score of a place from all that lead on, lest long texts cost precision. */
    void reset(int place) {
      float offset = scores[place];
      if (Math.abs(offset) <= RESET) {
        return;
      }
      for (int i = place; i <= frontier; i++) {
        if (i == place || starts[i] != NONE) {
          scores[i] -= offset;
        }
      }
      scores[place] = 0;
    }

    void offer(int from, int to, int id, float score) {
      frontier = Math.max(frontier, to);
      float sum = score + scores[from];
      if (starts[to] == NONE || sum > scores[to]) {
        scores[to] = sum;
        starts[to] = from;
        ids[to] = id;
      }
    }

    void give(int length, Pieces pieces) {
      IntList ends = new IntList();
      for (int end = length; end > 0; end = starts[end]) {
        ends.add(end);
      }
      int[] backwards = ends.toArray();
      for (int i = backwards.length - 1; i >= 0; i--) {
        pieces.accept(starts[backwards[i]], backwards[i], ids[backwards[i]]);
      }
    }
  }
}
