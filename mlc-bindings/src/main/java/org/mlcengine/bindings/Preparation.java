package org.mlcengine.bindings;

import static org.mlcengine.bindings.generated.TvmFfi$shared.C_INT;
import static org.mlcengine.bindings.generated.TvmFfi$shared.C_POINTER;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * What opening a model does for the first time in a process, done without a model and without
 * libraries. The JVM makes code for each signature of a native call, and for each kind of access to
 * native memory, and uses it again for the next one.
 */
final class Preparation {
  private static final List<FunctionDescriptor> SIGNATURES =
      List.of(
          FunctionDescriptor.of(C_INT, C_POINTER, C_POINTER, C_INT, C_POINTER),
          FunctionDescriptor.of(C_INT, C_POINTER, C_POINTER),
          FunctionDescriptor.of(C_INT, C_POINTER, C_INT, C_INT, C_POINTER),
          FunctionDescriptor.of(C_INT, ValueLayout.JAVA_LONG),
          FunctionDescriptor.of(C_POINTER, C_INT),
          FunctionDescriptor.ofVoid(C_POINTER));

  private Preparation() {}

  static void run() {
    SIGNATURES.forEach(Linker.nativeLinker()::downcallHandle);
    Upcalls.prepare();
    LargePages.allocate(LargePages.PAGE).close();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment slot = arena.allocate(Any.SIZE, Long.BYTES);
      Any.write(slot, 0, 1L);
      Any.take(slot, 0);
      Memory.byteArray("", arena);
    }
  }
}
