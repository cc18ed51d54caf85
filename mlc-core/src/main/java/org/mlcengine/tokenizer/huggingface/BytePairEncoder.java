package org.mlcengine.tokenizer.huggingface;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.mlcengine.tokenizer.IntList;
import org.mlcengine.tokenizer.LongHeap;

/**
 * Byte pair encoding over bytes: a word begins as the ids of its bytes, and neighbours merge in the
 * order of their ranks, the leftmost first. The work grows as n log n with the length of a word.
 */
final class BytePairEncoder {
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

  /** Adds the ids of the word {@code text[from, to)}. */
  void encode(String text, int from, int to, IntList ids) {
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
    return new Word(ids, count).merge();
  }

  /** The symbols of a word as a linked list, and the merges that wait for their turn. */
  private final class Word {
    private static final int GONE = -1;

    private final int[] ids;
    private final int[] previous;
    private final int[] next;
    private final int count;
    private final LongHeap queue;

    Word(int[] ids, int count) {
      this.ids = ids;
      this.count = count;
      this.previous = new int[count];
      this.next = new int[count];
      this.queue = new LongHeap(count);
    }

    int[] merge() {
      for (int i = 0; i < count; i++) {
        previous[i] = i - 1;
        next[i] = i + 1;
        offer(i);
      }
      while (!queue.isEmpty()) {
        long first = queue.poll();
        mergeAt((int) first, (int) (first >>> 32));
      }
      return Arrays.stream(ids, 0, count).filter(id -> id != GONE).toArray();
    }

    private void mergeAt(int left, int rank) {
      int right = next[left];
      // An entry is out of date when one of its two symbols has merged with another one since.
      if (ids[left] == GONE || right == count || merges.rank(ids[left], ids[right]) != rank) {
        return;
      }
      ids[left] = merges.result(rank);
      ids[right] = GONE;
      next[left] = next[right];
      if (next[left] < count) {
        previous[next[left]] = left;
      }
      if (previous[left] >= 0) {
        offer(previous[left]);
      }
      offer(left);
    }

    private void offer(int left) {
      if (next[left] < count) {
        int rank = merges.rank(ids[left], ids[next[left]]);
        if (rank >= 0) {
          queue.add(((long) rank << 32) | left);
        }
      }
    }
  }
}
