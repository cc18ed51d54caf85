package org.mlcengine.tokenizer.huggingface;

import java.nio.charset.StandardCharsets;
import org.mlcengine.tokenizer.IntList;

/** Byte pair encoding over bytes: a word begins as the ids of its bytes. */
final class BytePairEncoder implements WordEncoder {
  private final Vocabulary vocabulary;
  private final int[] byteIds;
  private final MergeTable merges;
  private final boolean wholeWords;
  private final WordCache cache = new WordCache();

  /**
   * Makes an encoder.
   *
   * @param vocabulary tokens in the byte alphabet
   * @param byteIds the first id of each byte; -1 drops the byte
   * @param wholeWords whether a word that is a token is that token, whatever the merges say
   */
  BytePairEncoder(Vocabulary vocabulary, int[] byteIds, MergeTable merges, boolean wholeWords) {
    this.vocabulary = vocabulary;
    this.byteIds = byteIds;
    this.merges = merges;
    this.wholeWords = wholeWords;
  }

  @Override
  public void encode(String text, int from, int to, IntList ids) {
    int[] known = cache.get(text, from, to);
    if (known == null) {
      String word = text.substring(from, to);
      known = encode(word.getBytes(StandardCharsets.UTF_8));
      cache.put(word, known);
    }
    ids.addAll(known);
  }

  private int[] encode(byte[] word) {
    if (wholeWords && word.length <= vocabulary.longest()) {
      int id = vocabulary.id(ByteAlphabet.write(word));
      if (id >= 0) {
        return new int[] {id};
      }
    }
    int[] ids = new int[word.length];
    int count = 0;
    for (byte b : word) {
      int id = byteIds[b & 0xFF];
      if (id >= 0) {
        ids[count++] = id;
      }
    }
    return Merging.merge(merges, ids, count);
  }
}
