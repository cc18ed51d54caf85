package org.mlcengine.tokenizer;

import java.util.Arrays;

/** A growing array of bytes. */
public final class ByteList {
  private byte[] bytes;
  private int size;

  /** Makes an empty list that has room for so many bytes before it grows. */
  public ByteList(int capacity) {
    bytes = new byte[Math.max(capacity, 16)];
  }

  /** Appends a byte. */
  public void add(byte value) {
    reserve(1);
    bytes[size++] = value;
  }

  /** Appends {@code source[from, to)}. */
  public void addAll(byte[] source, int from, int to) {
    reserve(to - from);
    System.arraycopy(source, from, bytes, size, to - from);
    size += to - from;
  }

  /** Returns the number of bytes. */
  public int size() {
    return size;
  }

  /** Returns what holds the bytes; it is replaced when the list grows. */
  public byte[] array() {
    return bytes;
  }

  /** Tells whether the list ends with these bytes. */
  public boolean endsWith(byte[] end) {
    return size >= end.length && Arrays.equals(bytes, size - end.length, size, end, 0, end.length);
  }

  /** Takes the last bytes away. */
  public void removeLast(int count) {
    size -= count;
  }

  private void reserve(int more) {
    if (bytes.length - size < more) {
      bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(size, more), size + (size >> 1)));
    }
  }
}
