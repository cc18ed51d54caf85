package org.mlcengine.tokenizer.huggingface;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Arrays in a buffer, each behind its length. Copied as a whole, they cost next to nothing. */
final class Blocks {
  private Blocks() {}

  static long bytes(long elements, int width) {
    return Integer.BYTES + elements * width;
  }

  static void put(ByteBuffer buffer, char[] values, int length) {
    buffer.putInt(length);
    buffer.asCharBuffer().put(values, 0, length);
    buffer.position(buffer.position() + length * Character.BYTES);
  }

  static void put(ByteBuffer buffer, int[] values, int length) {
    buffer.putInt(length);
    buffer.asIntBuffer().put(values, 0, length);
    buffer.position(buffer.position() + length * Integer.BYTES);
  }

  static void put(ByteBuffer buffer, long[] values) {
    buffer.putInt(values.length);
    buffer.asLongBuffer().put(values);
    buffer.position(buffer.position() + values.length * Long.BYTES);
  }

  static void put(ByteBuffer buffer, byte[] values) {
    buffer.putInt(values.length).put(values);
  }

  static char[] chars(ByteBuffer buffer) {
    char[] values = new char[buffer.getInt()];
    buffer.asCharBuffer().get(values);
    buffer.position(buffer.position() + values.length * Character.BYTES);
    return values;
  }

  static int[] ints(ByteBuffer buffer) {
    int[] values = new int[buffer.getInt()];
    buffer.asIntBuffer().get(values);
    buffer.position(buffer.position() + values.length * Integer.BYTES);
    return values;
  }

  static long[] longs(ByteBuffer buffer) {
    long[] values = new long[buffer.getInt()];
    buffer.asLongBuffer().get(values);
    buffer.position(buffer.position() + values.length * Long.BYTES);
    return values;
  }

  static String text(ByteBuffer buffer) {
    byte[] values = new byte[buffer.getInt()];
    buffer.get(values);
    return new String(values, StandardCharsets.UTF_8);
  }
}
