package org.mlcengine.bindings;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.mlcengine.bindings.generated.TVMFFIMethodInfo;
import org.mlcengine.bindings.generated.TVMFFIObject;
import org.mlcengine.bindings.generated.TVMFFITypeInfo;
import org.mlcengine.bindings.generated.TvmFfi;

/** Calls of the C API that several types share. Handles travel as addresses. */
final class Native {
  private static final ConcurrentHashMap<String, Long> FUNCTIONS = new ConcurrentHashMap<>();

  private Native() {}

  static void retain(long handle) {
    try {
      check((int) References.INCREMENT.invokeExact(handle));
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  static void release(long handle) {
    try {
      check((int) References.DECREMENT.invokeExact(handle));
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
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

  /** Returns a new reference to a method of a type, if a loaded library registers it. */
  static Optional<Long> findMethod(String typeKey, String name) {
    TvmRuntime.requireLoaded();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment index = arena.allocate(ValueLayout.JAVA_INT);
      synchronized (TvmRuntime.LOADED) {
        if (TvmFfi.TVMFFITypeKeyToIndex(Memory.byteArray(typeKey, arena), index) != 0) {
          TvmException.raised();
          return Optional.empty();
        }
        long info = TvmFfi.TVMFFIGetTypeInfo(index.get(ValueLayout.JAVA_INT, 0)).address();
        int count = Memory.getInt(info + TVMFFITypeInfo.num_methods$offset());
        long methods = Memory.getLong(info + TVMFFITypeInfo.methods$offset());
        for (int i = 0; i < count; i++) {
          long method = methods + i * TVMFFIMethodInfo.sizeof();
          long slot = method + TVMFFIMethodInfo.method$offset();
          if (Memory.text(method + TVMFFIMethodInfo.name$offset()).equals(name)
              && Any.type(Memory.ALL, slot) == TypeIndex.FUNCTION) {
            long handle = Any.payload(Memory.ALL, slot);
            retain(handle);
            return Optional.of(handle);
          }
        }
      }
      return Optional.empty();
    }
  }

  /** Prepares a call of a global function whose reference is kept for the life of the process. */
  static TvmCall prepare(String name, int arguments) {
    long handle =
        FUNCTIONS.computeIfAbsent(
            name, n -> findFunction(n).orElseThrow(() -> TvmFunction.missing(n)));
    return new TvmCall(handle, arguments);
  }

  /**
   * Reference counting by plain addresses: the generated methods take segments, and making one for
   * each released result would be the only allocation of an invocation.
   */
  private static final class References {
    static final MethodHandle INCREMENT = link(TvmFfi.TVMFFIObjectIncRef$address());
    static final MethodHandle DECREMENT = link(TvmFfi.TVMFFIObjectDecRef$address());

    private static MethodHandle link(MemorySegment function) {
      return Linker.nativeLinker()
          .downcallHandle(
              function, FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG));
    }
  }
}
