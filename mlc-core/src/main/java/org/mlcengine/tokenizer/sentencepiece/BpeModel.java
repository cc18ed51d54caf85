package org.mlcengine.tokenizer.sentencepiece;

import java.util.Arrays;
import java.util.BitSet;
import java.util.stream.IntStream;
import org.mlcengine.tokenizer.IntList;
import org.mlcengine.tokenizer.PairMerger;

/**
 * Characters merge into pieces, the piece with the highest score first. User-defined symbols do not
 * merge. Pieces that are not used serve on the way to longer ones, and are taken apart again if
 * they are left.
 */
final class BpeModel implements PieceModel {
  private static final int DEEPEST = 100;

  private final PieceTable table;
  private final int[] ranks;
  private final boolean unused;

  BpeModel(PieceTable table) {
    this.table = table;
    this.ranks = new int[table.size()];
    Arrays.setAll(ranks, id -> rank(table.score(id)));
    this.unused =
        IntStream.range(0, table.size()).anyMatch(id -> table.type(id) == PieceType.UNUSED);
  }

  @Override
  public void split(byte[] text, int length, Pieces pieces) {
    if (length == 0) {
      return;
    }
    BitSet frozen = new BitSet();
    IntList bounds = new IntList();
    int count = 0;
    for (int at = 0; at < length; count++) {
      bounds.add(at);
      int symbol = table.userDefined().longestAt(text, at, length);
      frozen.set(count, symbol > 0);
      at += symbol > 0 ? symbol : Math.min(Utf8.length(text[at]), length - at);
    }
    bounds.add(length);
    int[] halves = new int[unused ? table.size() : 0];
    PairMerger.Candidates candidates =
        unused ? (piece, leftLength) -> halves[piece] = leftLength : null;
    PairMerger merger = new PairMerger(table.texts(), ranks, candidates);
    merger.merge(
        text,
        bounds.toArray(),
        count + 1,
        frozen,
        (from, to) -> give(text, from, to, halves, 0, pieces));
  }

  private void give(byte[] text, int from, int to, int[] halves, int depth, Pieces pieces) {
    int piece = unused ? table.texts().find(text, from, to) : -1;
    if (piece < 0 || table.type(piece) != PieceType.UNUSED) {
      pieces.accept(from, to, table.id(text, from, to));
    } else if (depth > DEEPEST) {
      pieces.accept(from, to, piece);
    } else if (halves[piece] == 0) {
      pieces.accept(from, to, table.unknownId());
    } else {
      give(text, from, from + halves[piece], halves, depth + 1, pieces);
      give(text, from + halves[piece], to, halves, depth + 1, pieces);
    }
  }

  /** Higher scores have smaller ranks, and equal scores equal ranks. */
  private static int rank(float score) {
    int bits = Float.floatToIntBits(score + 0.0f);
    return ~(bits ^ ((bits >> 31) & Integer.MAX_VALUE));
  }
}
