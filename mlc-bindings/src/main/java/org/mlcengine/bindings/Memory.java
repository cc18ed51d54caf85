package org.mlcengine.bindings;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import org.mlcengine.bindings.generated.TVMFFIByteArray;

/**
 * Native memory by address. Callers bound every access by the C layout of what lies there, or by a
 * length that comes with it.
 */
final class Memory {
  /** Every address; for reads of C structures that allocate nothing. Offsets are addresses. */
  static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private Memory() {}

  static int getInt(long address) {
    return ALL.get(ValueLayout.JAVA_INT, address);
  }

  static long getLong(long address) {
    return ALL.get(ValueLayout.JAVA_LONG, address);
  }

  static byte[] bytes(long address, long size) {
    byte[] bytes = new byte[Math.toIntExact(size)];
    MemorySegment.copy(ALL, ValueLayout.JAVA_BYTE, address, bytes, 0, bytes.length);
    return bytes;
  }

  static String utf8(long address, long size) {
    return new String(bytes(address, size), StandardCharsets.UTF_8);
  }

  /** Reads the text that a TVMFFIByteArray at {@code address} describes. */
  static String text(long address) {
    long size = getLong(address + TVMFFIByteArray.size$offset());
    return utf8(getLong(address + TVMFFIByteArray.data$offset()), size);
  }

  /** Makes a TVMFFIByteArray over a copy of {@code bytes}; both live as long as {@code arena}. */
  static MemorySegment byteArray(byte[] bytes, Arena arena) {
    MemorySegment copy = arena.allocate(bytes.length + 1L);
    MemorySegment.copy(bytes, 0, copy, ValueLayout.JAVA_BYTE, 0, bytes.length);
    MemorySegment array = TVMFFIByteArray.allocate(arena);
    TVMFFIByteArray.data(array, copy);
    TVMFFIByteArray.size(array, bytes.length);
    return array;
  }

  static MemorySegment byteArray(String text, Arena arena) {
    return byteArray(text.getBytes(StandardCharsets.UTF_8), arena);
  }
}
