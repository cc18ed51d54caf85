package org.mlcengine.tokenizer.huggingface;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The tokens of a model: from a text to its id and back. The texts lie one behind the other, and
 * are found by open addressing with linear probing, at most half full: a large vocabulary is read
 * without an object for each token.
 */
final class Vocabulary {
  private static final int NONE = -1;

  private char[] texts = new char[1 << 10];
  private int used;
  private int[] starts = new int[0];
  private int[] ends = new int[0];
  private int[] slots = new int[1 << 4];
  private int size;
  private int longest;

  Vocabulary() {
    Arrays.fill(slots, NONE);
  }

  /** Reads a vocabulary that {@link #write} wrote. */
  Vocabulary(ByteBuffer source) {
    texts = Blocks.chars(source);
    used = texts.length;
    starts = Blocks.ints(source);
    ends = Blocks.ints(source);
    slots = Blocks.ints(source);
    size = source.getInt();
    longest = source.getInt();
  }

  /** Writes {@link #bytes} bytes. */
  void write(ByteBuffer target) {
    int ids = endOfIds();
    Blocks.put(target, texts, used);
    Blocks.put(target, starts, ids);
    Blocks.put(target, ends, ids);
    Blocks.put(target, slots, slots.length);
    target.putInt(size).putInt(longest);
  }

  /** Returns how many bytes it takes to write this. */
  long bytes() {
    return Blocks.bytes(used, Character.BYTES)
        + 2 * Blocks.bytes(endOfIds(), Integer.BYTES)
        + Blocks.bytes(slots.length, Integer.BYTES)
        + 2 * Integer.BYTES;
  }

  /**
   * Adds the token {@code text[from, to)}. A token that is there already gets the new id.
   *
   * @param id at least 0
   * @return false, and nothing is added, if another token has the id
   */
  boolean put(char[] text, int from, int to, int id) {
    int slot = slot(text, from, to);
    int earlier = slots[slot];
    if (earlier == id) {
      return true;
    }
    if (id < starts.length && starts[id] != NONE) {
      return false;
    }
    if (earlier == NONE) {
      size++;
    } else {
      starts[earlier] = NONE;
    }
    slots[slot] = id;
    store(text, from, to, id);
    if (2 * size > slots.length) {
      rehash();
    }
    return true;
  }

  /** Returns the id of the token {@code text[from, to)}, or -1 if there is none. */
  int id(char[] text, int from, int to) {
    return slots[slot(text, from, to)];
  }

  /** Returns the id of a token, or -1 if there is none. */
  int id(String token) {
    return id(token.toCharArray(), 0, token.length());
  }

  /** Returns the token with this id; null if there is none. */
  @Nullable String token(int id) {
    return id < 0 || id >= starts.length || starts[id] == NONE
        ? null
        : new String(texts, starts[id], ends[id] - starts[id]);
  }

  /** Returns the number of tokens. */
  int size() {
    return size;
  }

  /** Returns a number that is above every id. */
  int endOfIds() {
    int end = starts.length;
    while (end > 0 && starts[end - 1] == NONE) {
      end--;
    }
    return end;
  }

  /** Returns the length of the longest token. */
  int longest() {
    return longest;
  }

  private void store(char[] text, int from, int to, int id) {
    int length = to - from;
    if (texts.length - used < length) {
      texts = Arrays.copyOf(texts, Math.max(2 * texts.length, used + length));
    }
    if (id >= starts.length) {
      int before = starts.length;
      int capacity = Math.max(2 * before, id + 1);
      starts = Arrays.copyOf(starts, capacity);
      ends = Arrays.copyOf(ends, capacity);
      Arrays.fill(starts, before, capacity, NONE);
    }
    System.arraycopy(text, from, texts, used, length);
    starts[id] = used;
    used += length;
    ends[id] = used;
    longest = Math.max(longest, length);
  }

  private void rehash() {
    slots = new int[2 * slots.length];
    Arrays.fill(slots, NONE);
    for (int id = 0; id < starts.length; id++) {
      if (starts[id] != NONE) {
        slots[slot(texts, starts[id], ends[id])] = id;
      }
    }
  }

  /** Where a token is, or where it would go. */
  private int slot(char[] text, int from, int to) {
    int hash = 0;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + text[i];
    }
    int slot = (hash * 0x9E3779B9) >>> (Integer.numberOfLeadingZeros(slots.length) + 1);
    while (slots[slot] != NONE && !isEqual(slots[slot], text, from, to)) {
      slot = (slot + 1) & (slots.length - 1);
    }
    return slot;
  }

  private boolean isEqual(int id, char[] text, int from, int to) {
    return Arrays.equals(texts, starts[id], ends[id], text, from, to);
  }
}
