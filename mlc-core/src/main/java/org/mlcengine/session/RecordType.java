package org.mlcengine.session;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What a record of a session's file holds. A file is {@link #MAGIC}, {@link #VERSION}, one record
 * of facts, a record for each block, and an end. A record is its type, its length and its checksum,
 * each an int with the highest byte first, and its data.
 */
enum RecordType {
  /** JSON. */
  FACTS(1, 16 << 20),
  /** A block of keys and values. */
  BLOCK(2, Integer.MAX_VALUE - 64),
  /** Nothing: the file is complete. */
  END(3, 0);

  /** What a file begins with: a line of text, of which another line ending would change a byte. */
  static final byte[] MAGIC = {'M', 'L', 'C', 's', 'e', 's', 's', '\n'};

  static final int VERSION = 1;
  static final int HEAD_BYTES = 3 * Integer.BYTES;

  private final int code;
  private final int mostBytes;

  RecordType(int code, int mostBytes) {
    this.code = code;
    this.mostBytes = mostBytes;
  }

  int code() {
    return code;
  }

  /** Returns how long the data may be. */
  int mostBytes() {
    return mostBytes;
  }

  static @Nullable RecordType of(int code) {
    for (RecordType type : values()) {
      if (type.code == code) {
        return type;
      }
    }
    return null;
  }

  /** Returns the CRC-32C of a record's type, its length and its data. */
  int checksum(byte[] data) {
    CRC32C checksum = new CRC32C();
    checksum.update(ByteBuffer.allocate(2 * Integer.BYTES).putInt(code).putInt(data.length).flip());
    checksum.update(data);
    return (int) checksum.getValue();
  }
}
