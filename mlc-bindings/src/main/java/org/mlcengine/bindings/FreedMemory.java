package org.mlcengine.bindings;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * Memory that native code has freed, but that the C library keeps for itself. glibc keeps it in one
 * arena for each thread, so that a process that opens and closes models on ever new threads would
 * hold several models' worth.
 */
final class FreedMemory {
  private static final Optional<MethodHandle> MALLOC_TRIM =
      Linker.nativeLinker()
          .defaultLookup()
          .find("malloc_trim")
          .map(
              address ->
                  Linker.nativeLinker()
                      .downcallHandle(
                          address,
                          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG)));

  private FreedMemory() {}

  /** Gives the memory back to the system where the C library can. */
  static void giveBack() {
    if (MALLOC_TRIM.isEmpty()) {
      return;
    }
    try {
      int released = (int) MALLOC_TRIM.get().invokeExact(0L);
      System.getLogger(FreedMemory.class.getName())
          .log(System.Logger.Level.TRACE, "malloc_trim returned {0}", released);
    } catch (Throwable e) {
      throw new IllegalStateException("malloc_trim failed", e);
    }
  }
}
