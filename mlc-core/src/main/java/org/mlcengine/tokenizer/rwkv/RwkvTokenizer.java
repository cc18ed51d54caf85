package org.mlcengine.tokenizer.rwkv;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.mlcengine.tokenizer.ByteTrie;
import org.mlcengine.tokenizer.CodePoints;
import org.mlcengine.tokenizer.IntList;
import org.mlcengine.tokenizer.SpecialTokens;
import org.mlcengine.tokenizer.StreamDecoder;
import org.mlcengine.tokenizer.Tokenizer;
import org.mlcengine.tokenizer.Utf8StreamDecoder;

/** Splits a text into the longest tokens, from left to right. It has no special tokens. */
final class RwkvTokenizer implements Tokenizer {
  private final byte[][] tokens;
  private final ByteTrie trie;

  /**
   * Makes a tokenizer.
   *
   * @param tokens the bytes of each id; empty for an id without a token
   * @param trie the ids by their bytes; every single byte has one
   */
  RwkvTokenizer(byte[][] tokens, ByteTrie trie) {
    this.tokens = tokens;
    this.trie = trie;
  }

  @Override
  public int[] encode(String text, SpecialTokens special) {
    byte[] bytes = CodePoints.wellFormed(text).getBytes(StandardCharsets.UTF_8);
    IntList ids = new IntList();
    for (int from = 0; from < bytes.length; ) {
      int to = from + trie.longestAt(bytes, from, bytes.length);
      ids.add(trie.find(bytes, from, to));
      from = to;
    }
    return ids.toArray();
  }

  @Override
  public String decode(int... ids) {
    StringBuilder text = new StringBuilder();
    Utf8StreamDecoder decoder = new Utf8StreamDecoder(this);
    for (int id : ids) {
      decoder.append(id, text);
    }
    decoder.finish(text);
    return text.toString();
  }

  @Override
  public byte[] tokenBytes(int id) {
    return id < 0 || id >= tokens.length ? new byte[0] : tokens[id].clone();
  }

  @Override
  public int vocabSize() {
    return tokens.length;
  }

  @Override
  public OptionalInt idOf(String token) {
    int id = token.isEmpty() ? -1 : trie.find(token.getBytes(StandardCharsets.UTF_8));
    return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
  }

  @Override
  public boolean isSpecial(int id) {
    return false;
  }

  @Override
  public StreamDecoder streamDecoder() {
    return new Utf8StreamDecoder(this);
  }

  /** Returns the tree of the tokens that are not empty. */
  static ByteTrie trie(byte[][] tokens) {
    int[] ids = IntStream.range(0, tokens.length).filter(id -> tokens[id].length > 0).toArray();
    return ByteTrie.of(Arrays.stream(ids).mapToObj(id -> tokens[id]).toArray(byte[][]::new), ids);
  }
}
