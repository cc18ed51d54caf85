package org.mlcengine.bindings;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.mlcengine.bindings.generated.TVMFFIObject;
import org.mlcengine.bindings.generated.TVMFFITypeInfo;
import org.mlcengine.bindings.generated.TvmFfi;

/** Calls of the C API that several types share. Handles travel as addresses. */
final class Native {
  private static final ConcurrentHashMap<String, Long> FUNCTIONS = new ConcurrentHashMap<>();

  private Native() {}

  static void retain(long handle) {
    TvmFfi.TVMFFIObjectIncRef(MemorySegment.ofAddress(handle));
  }

  static void release(long handle) {
    TvmFfi.TVMFFIObjectDecRef(MemorySegment.ofAddress(handle));
  }

  static int typeOf(long handle) {
    return Memory.getInt(handle + TVMFFIObject.type_index$offset());
  }

  static String typeKey(int type) {
    MemorySegment info = TvmFfi.TVMFFIGetTypeInfo(type);
    return Memory.text(info.address() + TVMFFITypeInfo.type_key$offset());
  }

  /** Raises what the last call left in this thread's error slot, if {@code code} says it failed. */
  static void check(int code) {
    if (code != 0) {
      throw TvmException.raised();
    }
  }

  /** Returns a new reference to a global function. Not while a library extends their table. */
  static Optional<Long> findFunction(String name) {
    TvmRuntime.requireLoaded();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
      synchronized (TvmRuntime.LOADED) {
        check(TvmFfi.TVMFFIFunctionGetGlobal(Memory.byteArray(name, arena), out));
      }
      long handle = out.get(ValueLayout.JAVA_LONG, 0);
      return handle == 0 ? Optional.empty() : Optional.of(handle);
    }
  }

  /** Prepares a call of a global function whose reference is kept for the life of the process. */
  static TvmCall prepare(String name, int arguments) {
    long handle =
        FUNCTIONS.computeIfAbsent(
            name, n -> findFunction(n).orElseThrow(() -> TvmFunction.missing(n)));
    return new TvmCall(handle, arguments);
  }
}
