package org.mlcengine.tokenizer.sentencepiece;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.mlcengine.tokenizer.ByteTrie;

/** The pieces of a model, by their ids and by their texts. */
final class PieceTable {
  private static final Pattern BYTE = Pattern.compile("<0x[0-9A-F]{2}>");
  private static final int BYTES = 256;
  private static final int LONGEST = 1024;

  private final byte[][] pieces;
  private final float[] scores;
  private final PieceType[] types;
  private final ByteTrie texts;
  private final ByteTrie reserved;
  private final ByteTrie userDefined;
  private final int unknown;
  private final int[] byteIds;
  private final int[] bytes;

  PieceTable(ModelFile file) throws IOException {
    List<ModelFile.Piece> all = file.pieces();
    check(all);
    this.pieces = all.stream().map(ModelFile.Piece::text).toArray(byte[][]::new);
    this.types = all.stream().map(ModelFile.Piece::type).toArray(PieceType[]::new);
    this.scores = new float[pieces.length];
    for (int id = 0; id < scores.length; id++) {
      scores[id] = all.get(id).score();
    }
    this.texts = trie(pieces, id -> types[id].isText());
    this.reserved = trie(pieces, id -> !types[id].isText());
    this.userDefined = trie(pieces, id -> types[id] == PieceType.USER_DEFINED);
    for (byte[] piece : pieces) {
      if (texts.find(piece) >= 0 && reserved.find(piece) >= 0) {
        throw twice(piece);
      }
    }
    this.unknown = unknown(types);
    this.bytes = new int[pieces.length];
    this.byteIds = file.byteFallback() ? new int[BYTES] : new int[0];
    readBytes();
  }

  /** Returns the number of pieces. */
  int size() {
    return pieces.length;
  }

  byte[] text(int id) {
    return pieces[id];
  }

  float score(int id) {
    return scores[id];
  }

  PieceType type(int id) {
    return types[id];
  }

  /** Returns the byte that the piece stands for; -1 if it stands for none. */
  int byteOf(int id) {
    return type(id) == PieceType.BYTE ? bytes[id] : -1;
  }

  /** Returns the pieces that text is made of. */
  ByteTrie texts() {
    return texts;
  }

  /** Returns the pieces that are found before all others. */
  ByteTrie userDefined() {
    return userDefined;
  }

  /** Returns the id of a piece that text is made of: the unknown piece if there is none. */
  int id(byte[] text, int from, int to) {
    int id = texts.find(text, from, to);
    return id < 0 || types[id] == PieceType.UNUSED ? unknown : id;
  }

  /** Returns the id of a piece by its text, or -1. */
  int find(byte[] text, int from, int to) {
    int id = reserved.find(text, from, to);
    return id >= 0 ? id : texts.find(text, from, to);
  }

  int unknownId() {
    return unknown;
  }

  /** Returns the ids of the bytes that an unknown piece falls back to; empty if it does not. */
  int[] byteFallback() {
    return byteIds;
  }

  private static void check(List<ModelFile.Piece> pieces) throws IOException {
    if (pieces.isEmpty()) {
      throw new IOException("expected pieces, found none");
    }
    for (ModelFile.Piece piece : pieces) {
      int length = piece.text().length;
      if (length == 0 || length > LONGEST) {
        throw new IOException(
            "expected pieces of 1 to " + LONGEST + " bytes, found one of " + length);
      }
      if (!Float.isFinite(piece.score())) {
        throw new IOException(
            "expected finite scores, found " + piece.score() + " of " + name(piece.text()));
      }
    }
  }

  private static ByteTrie trie(byte[][] pieces, IntPredicate predicate) throws IOException {
    int[] ids = IntStream.range(0, pieces.length).filter(predicate).toArray();
    byte[][] keys = Arrays.stream(ids).mapToObj(id -> pieces[id]).toArray(byte[][]::new);
    ByteTrie trie = ByteTrie.of(keys, ids);
    for (int id : ids) {
      if (trie.find(pieces[id]) != id) {
        throw twice(pieces[id]);
      }
    }
    return trie;
  }

  private static IOException twice(byte[] piece) {
    return new IOException("expected each piece once, found " + name(piece) + " twice");
  }

  private static int unknown(PieceType[] types) throws IOException {
    int[] unknown =
        IntStream.range(0, types.length).filter(id -> types[id] == PieceType.UNKNOWN).toArray();
    if (unknown.length != 1) {
      throw new IOException("expected one unknown piece, found " + unknown.length);
    }
    return unknown[0];
  }

  private void readBytes() throws IOException {
    Arrays.fill(byteIds, -1);
    for (int id = 0; id < pieces.length; id++) {
      if (types[id] == PieceType.BYTE) {
        bytes[id] = readByte(pieces[id]);
        if (byteIds.length == 0) {
          throw new IOException(
              "expected no bytes without byte_fallback, found " + name(pieces[id]));
        }
        byteIds[bytes[id]] = id;
      }
    }
    for (int b = 0; b < byteIds.length; b++) {
      if (byteIds[b] < 0) {
        throw new IOException("expected a piece for each byte, found none for byte " + b);
      }
    }
  }

  private static int readByte(byte[] piece) throws IOException {
    String text = new String(piece, StandardCharsets.ISO_8859_1);
    if (!BYTE.matcher(text).matches()) {
      throw new IOException("expected bytes as <0x00> to <0xFF>, found " + name(piece));
    }
    return Integer.parseInt(text, 3, 5, 16);
  }

  private static String name(byte[] piece) {
    return "'" + new String(piece, StandardCharsets.UTF_8) + "'";
  }
}
