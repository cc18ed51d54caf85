package org.mlcengine.tokenizer.huggingface;

import org.jspecify.annotations.Nullable;

/**
 * Remembers the ids of short words. Each word has one place, which the latest word that falls there
 * takes, so that the cache never grows. Threads may race for a place: entries are immutable, and a
 * lost entry only costs the work to make it again.
 */
final class WordCache {
  private static final int SLOTS = 1 << 13;
  private static final int LONGEST = 64;

  private static final class Entry {
    private final String word;
    private final int[] ids;

    Entry(String word, int[] ids) {
      this.word = word;
      this.ids = ids;
    }
  }

  private final @Nullable Entry[] entries = new Entry[SLOTS];

  int @Nullable [] get(String text, int from, int to) {
    if (to - from > LONGEST) {
      return null;
    }
    Entry entry = entries[slot(text, from, to)];
    if (entry == null || entry.word.length() != to - from || !text.startsWith(entry.word, from)) {
      return null;
    }
    return entry.ids;
  }

  void put(String word, int[] ids) {
    if (word.length() <= LONGEST) {
      entries[slot(word, 0, word.length())] = new Entry(word, ids);
    }
  }

  private static int slot(String text, int from, int to) {
    int hash = 0;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + text.charAt(i);
    }
    return (hash * 0x9E3779B9) >>> (32 - 13);
  }
}
