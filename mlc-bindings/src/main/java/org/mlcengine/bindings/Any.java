package org.mlcengine.bindings;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.mlcengine.bindings.generated.TVMFFIAny;
import org.mlcengine.bindings.generated.TVMFFIByteArray;
import org.mlcengine.bindings.generated.TVMFFIObject;
import org.mlcengine.bindings.generated.TvmFfi;

/**
 * tvm-ffi's 16-byte tagged value (TVMFFIAny) at an offset of a segment. A slot owns its value if it
 * is an object, unless a method says otherwise.
 */
final class Any {
  static final long SIZE = TVMFFIAny.sizeof();

  private static final long TYPE = TVMFFIAny.type_index$offset();
  private static final long LENGTH = TVMFFIAny.small_str_len$offset();
  private static final long PAYLOAD = TVMFFIAny.v_int64$offset();

  /** Where the text of a Str or Bytes object is described. */
  private static final long CONTENT = TVMFFIObject.sizeof();

  private Any() {}

  static int type(MemorySegment slots, long offset) {
    return slots.get(ValueLayout.JAVA_INT, offset + TYPE);
  }

  static long payload(MemorySegment slots, long offset) {
    return slots.get(ValueLayout.JAVA_LONG, offset + PAYLOAD);
  }

  static void set(MemorySegment slots, long offset, int type, long payload) {
    slots.set(ValueLayout.JAVA_INT, offset + TYPE, type);
    slots.set(ValueLayout.JAVA_INT, offset + LENGTH, 0);
    slots.set(ValueLayout.JAVA_LONG, offset + PAYLOAD, payload);
  }

  static void clear(MemorySegment slots, long offset) {
    set(slots, offset, TypeIndex.NONE, 0);
  }

  /** Gives the slot's object back, if it holds one, and leaves None. */
  static void release(MemorySegment slots, long offset) {
    int type = type(slots, offset);
    long payload = payload(slots, offset);
    clear(slots, offset);
    if (TypeIndex.isObject(type)) {
      Native.release(payload);
    }
  }

  /** Stores a value that the slot then owns; the slot must hold no object. */
  static void write(MemorySegment slots, long offset, @Nullable Object value) {
    switch (value) {
      case null -> clear(slots, offset);
      case Long l -> set(slots, offset, TypeIndex.INT, l);
      case Integer i -> set(slots, offset, TypeIndex.INT, i);
      case Boolean b -> set(slots, offset, TypeIndex.BOOL, b ? 1 : 0);
      case Double d -> set(slots, offset, TypeIndex.FLOAT, Double.doubleToRawLongBits(d));
      case Float f -> set(slots, offset, TypeIndex.FLOAT, Double.doubleToRawLongBits(f));
      case String s -> writeString(slots, offset, s);
      case byte[] b -> writeBytes(slots, offset, b);
      case DataType t -> set(slots, offset, TypeIndex.DATA_TYPE, t.packed());
      case Device d -> set(slots, offset, TypeIndex.DEVICE, d.packed());
      case MemorySegment s -> set(slots, offset, TypeIndex.OPAQUE_POINTER, s.address());
      case TvmObject o -> writeObject(slots, offset, o.retainHandle());
      default ->
          throw new IllegalArgumentException(
              "cannot pass a "
                  + value.getClass().getName()
                  + " to TVM; expected a number, boolean, String, byte[], DataType, Device,"
                  + " MemorySegment, TvmObject or null");
    }
  }

  static void writeObject(MemorySegment slots, long offset, long handle) {
    set(slots, offset, Native.typeOf(handle), handle);
  }

  static void writeString(MemorySegment slots, long offset, String value) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = slots.asSlice(offset, SIZE);
      Native.check(TvmFfi.TVMFFIStringFromByteArray(Memory.byteArray(value, arena), out));
    }
  }

  private static void writeBytes(MemorySegment slots, long offset, byte[] value) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = slots.asSlice(offset, SIZE);
      Native.check(TvmFfi.TVMFFIBytesFromByteArray(Memory.byteArray(value, arena), out));
    }
  }

  /** Returns a borrowed slot's value; an object comes with a reference of its own. */
  static @Nullable Object copy(MemorySegment slots, long offset) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment owned = arena.allocate(SIZE, Long.BYTES);
      MemorySegment view = slots.asSlice(offset, SIZE);
      Native.check(TvmFfi.TVMFFIAnyViewToOwnedAny(view, owned));
      return take(owned, 0);
    }
  }

  /** Moves the value out of its slot, which is None afterwards. */
  static @Nullable Object take(MemorySegment slots, long offset) {
    int type = type(slots, offset);
    long payload = payload(slots, offset);
    if (TypeIndex.isObject(type) && type != TypeIndex.STRING && type != TypeIndex.BYTES) {
      clear(slots, offset);
      return TvmObject.adopt(type, payload);
    }
    Object value =
        switch (type) {
          case TypeIndex.NONE -> null;
          case TypeIndex.INT -> payload;
          case TypeIndex.BOOL -> payload != 0;
          case TypeIndex.FLOAT -> Double.longBitsToDouble(payload);
          case TypeIndex.OPAQUE_POINTER, TypeIndex.DL_TENSOR_POINTER ->
              MemorySegment.ofAddress(payload);
          case TypeIndex.DATA_TYPE -> DataType.unpack(payload);
          case TypeIndex.DEVICE -> Device.unpack(payload);
          case TypeIndex.SMALL_STRING, TypeIndex.STRING ->
              new String(content(slots, offset), StandardCharsets.UTF_8);
          case TypeIndex.SMALL_BYTES, TypeIndex.BYTES -> content(slots, offset);
          default -> throw unexpected("a value Java can hold", type);
        };
    release(slots, offset);
    return value;
  }

  /** The bytes of a string or bytes value, which stays in its slot. */
  static byte[] content(MemorySegment slots, long offset) {
    int type = type(slots, offset);
    if (type == TypeIndex.SMALL_STRING || type == TypeIndex.SMALL_BYTES) {
      int length = slots.get(ValueLayout.JAVA_INT, offset + LENGTH);
      return slots.asSlice(offset + PAYLOAD, length).toArray(ValueLayout.JAVA_BYTE);
    }
    long array = payload(slots, offset) + CONTENT;
    long size = Memory.getLong(array + TVMFFIByteArray.size$offset());
    return Memory.bytes(Memory.getLong(array + TVMFFIByteArray.data$offset()), size);
  }

  /** Casts what {@link #take} or {@link #copy} returned; closes an object of another class. */
  static <T> T cast(Class<T> type, @Nullable Object value) {
    if (type.isInstance(value)) {
      return type.cast(value);
    }
    if (value instanceof TvmObject object) {
      object.close();
    }
    String found = value == null ? "None" : value.getClass().getSimpleName();
    throw new TvmException(
        "TypeError", "expected " + type.getSimpleName() + ", found " + found, "", null);
  }

  static TvmException unexpected(String expected, int type) {
    return new TvmException(
        "TypeError", "expected " + expected + ", found " + TypeIndex.name(type), "", null);
  }
}
