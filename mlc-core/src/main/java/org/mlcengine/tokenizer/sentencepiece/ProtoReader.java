package org.mlcengine.tokenizer.sentencepiece;

import java.io.IOException;
import java.util.Arrays;

/**
 * A place in a message of Protocol Buffers' wire format. Fields of a number or a wire type that
 * nobody asks for are passed, as the format wants it.
 */
final class ProtoReader {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH_DELIMITED = 2;
  private static final int FIXED32 = 5;
  private static final int LONGEST_VARINT = 70;

  private final byte[] bytes;
  private final int end;
  private int position;
  private int tag;

  ProtoReader(byte[] bytes) {
    this(bytes, 0, bytes.length);
  }

  private ProtoReader(byte[] bytes, int from, int to) {
    this.bytes = bytes;
    this.position = from;
    this.end = to;
  }

  /** Goes to the next field; returns whether there is one. Its value has to be taken or passed. */
  boolean next() throws IOException {
    if (position == end) {
      return false;
    }
    long read = varint();
    tag = (int) read;
    if (read != tag || tag >>> 3 == 0) {
      throw malformed("the number of a field");
    }
    return true;
  }

  /** Returns the number of the field if it is a varint; 0 otherwise. */
  int numberOfVarint() {
    return number(VARINT);
  }

  /** Returns the number of the field if it is a float; 0 otherwise. */
  int numberOfFloat() {
    return number(FIXED32);
  }

  /** Returns the number of the field if it is a string, bytes or a message; 0 otherwise. */
  int numberOfBytes() {
    return number(LENGTH_DELIMITED);
  }

  long varint() throws IOException {
    long value = 0;
    for (int shift = 0; shift < LONGEST_VARINT; shift += 7) {
      require(1);
      byte b = bytes[position++];
      value |= shift < Long.SIZE ? (b & 0x7FL) << shift : 0;
      if (b >= 0) {
        return value;
      }
    }
    throw malformed("a varint of at most ten bytes");
  }

  float fixedFloat() throws IOException {
    require(4);
    int bits = 0;
    for (int i = 3; i >= 0; i--) {
      bits = (bits << 8) | (bytes[position + i] & 0xFF);
    }
    position += 4;
    return Float.intBitsToFloat(bits);
  }

  byte[] bytes() throws IOException {
    int length = length();
    position += length;
    return Arrays.copyOfRange(bytes, position - length, position);
  }

  /** Returns a reader of the message that the field holds. */
  ProtoReader message() throws IOException {
    int length = length();
    position += length;
    return new ProtoReader(bytes, position - length, position);
  }

  /** Passes the value of the field. */
  void pass() throws IOException {
    switch (tag & 7) {
      case VARINT -> varint();
      case FIXED64 -> skip(8);
      case LENGTH_DELIMITED -> skip(length());
      case FIXED32 -> skip(4);
      default -> throw malformed("a field of a known wire type");
    }
  }

  private int number(int wireType) {
    return (tag & 7) == wireType ? tag >>> 3 : 0;
  }

  private int length() throws IOException {
    long length = varint();
    if (length < 0 || length > end - position) {
      throw malformed("a length within the message");
    }
    return (int) length;
  }

  private void skip(int count) throws IOException {
    require(count);
    position += count;
  }

  private void require(int count) throws IOException {
    if (end - position < count) {
      throw malformed("more bytes in the message");
    }
  }

  private IOException malformed(String expected) {
    return new IOException("expected " + expected + " at byte " + position);
  }
}
