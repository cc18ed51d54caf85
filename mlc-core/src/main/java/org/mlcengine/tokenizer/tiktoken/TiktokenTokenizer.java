package org.mlcengine.tokenizer.tiktoken;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mlcengine.tokenizer.ByteTrie;
import org.mlcengine.tokenizer.CodePoints;
import org.mlcengine.tokenizer.IntList;
import org.mlcengine.tokenizer.PairMerger;
import org.mlcengine.tokenizer.SpecialTokens;
import org.mlcengine.tokenizer.StreamDecoder;
import org.mlcengine.tokenizer.Tokenizer;
import org.mlcengine.tokenizer.Utf8StreamDecoder;

/**
 * A tokenizer of tiktoken: special tokens are found first, the text between them is split into
 * words, and the bytes of a word that is no token merge, the pair with the lowest rank first.
 */
final class TiktokenTokenizer implements Tokenizer {
  private final Ranks ranks;
  private final SpecialTable specials;
  private final Pattern words;
  private final int[] order;

  TiktokenTokenizer(Ranks ranks, SpecialTable specials, Pattern words) {
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
      if (from == to) {
        return;
      }
      String text = new String(bytes, from, to - from, StandardCharsets.UTF_8);
      Matcher matcher = words.matcher(text);
      while (matcher.find()) {
        word(text.substring(matcher.start(), matcher.end()).getBytes(StandardCharsets.UTF_8));
      }
    }

    private void word(byte[] word) {
      int whole = ranks.trie().find(word);
      if (whole >= 0) {
        ids.add(whole);
        return;
      }
      if (bounds.length <= word.length) {
        bounds = new int[2 * word.length + 1];
        Arrays.setAll(bounds, i -> i);
      }
      merger.merge(
          word,
          bounds,
          word.length + 1,
          frozen,
          (from, to) -> ids.add(ranks.trie().find(word, from, to)));
    }
  }
}
