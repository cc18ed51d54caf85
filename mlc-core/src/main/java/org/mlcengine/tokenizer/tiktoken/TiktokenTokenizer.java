package org.mlcengine.tokenizer.tiktoken;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.OptionalInt;
import org.mlcengine.tokenizer.ByteTrie;
import org.mlcengine.tokenizer.CodePoints;
import org.mlcengine.tokenizer.IntList;
import org.mlcengine.tokenizer.PairMerger;
import org.mlcengine.tokenizer.SpecialTokens;
import org.mlcengine.tokenizer.StreamDecoder;
import org.mlcengine.tokenizer.Tokenizer;
import org.mlcengine.tokenizer.Utf8StreamDecoder;
import org.mlcengine.tokenizer.WordRule;

/**
 * A tokenizer of tiktoken: special tokens are found first, the text between them is split into
 * words, and the bytes of a word that is no token merge, the pair with the lowest rank first.
 */
final class TiktokenTokenizer implements Tokenizer {
  private final Ranks ranks;
  private final SpecialTable specials;
  private final WordRule words;
  private final int[] order;

  TiktokenTokenizer(Ranks ranks, SpecialTable specials, WordRule words) {
    this.ranks = ranks;
    this.specials = specials;
    this.words = words;
    this.order = new int[ranks.end()];
    Arrays.setAll(order, id -> id);
  }

  @Override
  public int[] encode(String text, SpecialTokens special) {
    byte[] bytes = CodePoints.wellFormed(text).getBytes(StandardCharsets.UTF_8);
    ByteTrie tokens = specials.found(special == SpecialTokens.RECOGNIZED);
    Encoder encoder = new Encoder();
    int done = 0;
    for (int at = 0; at < bytes.length; ) {
      int length = tokens.longestAt(bytes, at, bytes.length);
      if (length == 0) {
        at++;
        continue;
      }
      encoder.encode(bytes, done, at);
      encoder.ids.add(tokens.find(bytes, at, at + length));
      at += length;
      done = at;
    }
    encoder.encode(bytes, done, bytes.length);
    return encoder.ids.toArray();
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
    return specials.has(id) ? specials.bytes(id) : ranks.token(id).clone();
  }

  @Override
  public int vocabSize() {
    return Math.max(ranks.end(), specials.end());
  }

  @Override
  public OptionalInt idOf(String token) {
    byte[] bytes = token.getBytes(StandardCharsets.UTF_8);
    int special = specials.found(true).find(bytes);
    int id = special >= 0 ? special : ranks.trie().find(bytes);
    return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
  }

  @Override
  public boolean isSpecial(int id) {
    return specials.isSpecial(id);
  }

  @Override
  public StreamDecoder streamDecoder() {
    return new Utf8StreamDecoder(this);
  }

  /** Encodes text without special tokens. */
  private final class Encoder {
    private final IntList ids = new IntList();
    private final PairMerger merger = new PairMerger(ranks.trie(), order, null);
    private final BitSet frozen = new BitSet();
    private int[] bounds = new int[0];

    void encode(byte[] bytes, int from, int to) {
      String text = new String(bytes, from, to - from, StandardCharsets.UTF_8);
      int at = from;
      for (int begin = 0; begin < text.length(); ) {
        int end = words.end(text, begin, text.length());
        int length = CodePoints.utf8Length(text, begin, end);
        word(bytes, at, at + length);
        at += length;
        begin = end;
      }
    }

    private void word(byte[] bytes, int from, int to) {
      int whole = ranks.trie().find(bytes, from, to);
      if (whole >= 0) {
        ids.add(whole);
        return;
      }
      int count = to - from + 1;
      if (bounds.length < count) {
        bounds = new int[2 * count];
      }
      for (int i = 0; i < count; i++) {
        bounds[i] = from + i;
      }
      merger.merge(
          bytes,
          bounds,
          count,
          frozen,
          (first, last) -> ids.add(ranks.trie().find(bytes, first, last)));
    }
  }
}
