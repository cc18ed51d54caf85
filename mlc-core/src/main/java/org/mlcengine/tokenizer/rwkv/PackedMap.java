package org.mlcengine.tokenizer.rwkv;

import java.io.IOException;
import java.util.Arrays;

/** A map from whole numbers to bytes or strings in MessagePack's format. */
final class PackedMap {
  /** Receives the entries of a map. */
  interface Entries {
    /** Takes an entry. */
    void accept(long key, byte[] value) throws IOException;
  }

  private final byte[] bytes;
  private int position;

  private PackedMap(byte[] bytes) {
    this.bytes = bytes;
  }

  /** Reads all entries; nothing may follow the map. */
  static void read(byte[] bytes, Entries entries) throws IOException {
    PackedMap map = new PackedMap(bytes);
    long count = map.count();
    for (long i = 0; i < count; i++) {
      long key = map.key();
      entries.accept(key, map.value());
    }
    if (map.position < bytes.length) {
      throw map.malformed("the end behind " + count + " entries");
    }
  }

  private long count() throws IOException {
    int type = type();
    return switch (type) {
      case 0xDE -> number(2);
      case 0xDF -> number(4);
      default -> {
        if ((type & 0xF0) != 0x80) {
          throw malformed("a map");
        }
        yield type & 0x0F;
      }
    };
  }

  private long key() throws IOException {
    int type = type();
    return switch (type) {
      case 0xCC -> number(1);
      case 0xCD -> number(2);
      case 0xCE -> number(4);
      case 0xCF, 0xD3 -> number(8);
      case 0xD0 -> (byte) number(1);
      case 0xD1 -> (short) number(2);
      case 0xD2 -> (int) number(4);
      default -> {
        if (type >= 0x80) {
          throw malformed("a whole number as a key");
        }
        yield type;
      }
    };
  }

  private byte[] value() throws IOException {
    int type = type();
    long length =
        switch (type) {
          case 0xC4, 0xD9 -> number(1);
          case 0xC5, 0xDA -> number(2);
          case 0xC6, 0xDB -> number(4);
          default -> {
            if ((type & 0xE0) != 0xA0) {
              throw malformed("bytes or a string as a value");
            }
            yield type & 0x1F;
          }
        };
    if (length > bytes.length - position) {
      throw malformed("a length within the file");
    }
    position += (int) length;
    return Arrays.copyOfRange(bytes, position - (int) length, position);
  }

  private int type() throws IOException {
    return (int) number(1);
  }

  private long number(int size) throws IOException {
    if (bytes.length - position < size) {
      throw malformed("more bytes");
    }
    long number = 0;
    for (int i = 0; i < size; i++) {
      number = number << 8 | (bytes[position++] & 0xFF);
    }
    return number;
  }

  private IOException malformed(String expected) {
    return new IOException("expected " + expected + " at byte " + position);
  }
}
