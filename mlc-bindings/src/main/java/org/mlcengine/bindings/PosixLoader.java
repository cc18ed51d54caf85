package org.mlcengine.bindings;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code dlopen} with RTLD_GLOBAL: a model library names no library that provides its {@code
 * TVMFFI*} symbols, so that they must be in the global scope.
 *
 * <p>libtvm_ffi installs its own SIGSEGV handler while it is opened. HotSpot lives on that signal
 * (implicit null checks, safepoint polls), so that the handlers of every signal HotSpot turns into
 * something else are put back as soon as {@code dlopen} returns.
 */
final class PosixLoader implements DynamicLoader {
  private static final int RTLD_NOW = 2;

  private static final int SIGILL = 4;
  private static final int SIGFPE = 8;
  private static final int SIGSEGV = 11;

  /** Larger than {@code struct sigaction} anywhere: 152 bytes with glibc, 16 on macOS. */
  private static final int SIGACTION_SIZE = 256;

  private static final MethodHandle DLOPEN =
      function(
          "dlopen",
          FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
  private static final MethodHandle DLERROR =
      function("dlerror", FunctionDescriptor.of(ValueLayout.ADDRESS));
  private static final MethodHandle SIGACTION =
      function(
          "sigaction",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS,
              ValueLayout.ADDRESS));

  private final int flags;
  private final List<Integer> signals;

  PosixLoader(String system) {
    boolean macos = system.startsWith("mac");
    flags = RTLD_NOW | (macos ? 0x8 : 0x100);
    signals = List.of(SIGSEGV, macos ? 10 : 7, SIGFPE, SIGILL);
  }

  @Override
  public @Nullable String open(Path library) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment path = arena.allocateFrom(library.toString());
      MemorySegment saved = arena.allocate((long) SIGACTION_SIZE * signals.size(), 16);
      swapActions(saved, true);
      MemorySegment handle = (MemorySegment) DLOPEN.invokeExact(path, flags);
      swapActions(saved, false);
      return handle.equals(MemorySegment.NULL) ? error() : null;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  private void swapActions(MemorySegment saved, boolean save) throws Throwable {
    for (int i = 0; i < signals.size(); i++) {
      MemorySegment action = saved.asSlice((long) i * SIGACTION_SIZE, SIGACTION_SIZE);
      MemorySegment set = save ? MemorySegment.NULL : action;
      MemorySegment get = save ? action : MemorySegment.NULL;
      int signal = signals.get(i);
      if ((int) SIGACTION.invokeExact(signal, set, get) != 0) {
        throw new IllegalStateException("sigaction failed for signal " + signal);
      }
    }
  }

  private static String error() throws Throwable {
    MemorySegment text = (MemorySegment) DLERROR.invokeExact();
    return text.equals(MemorySegment.NULL)
        ? "dlopen gave no reason"
        : text.reinterpret(Long.MAX_VALUE).getString(0);
  }

  private static RuntimeException unexpected(Throwable e) {
    if (e instanceof RuntimeException runtime) {
      return runtime;
    }
    if (e instanceof Error error) {
      throw error;
    }
    return new IllegalStateException(e);
  }

  private static MethodHandle function(String name, FunctionDescriptor descriptor) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().find(name).orElseThrow(() -> new UnsatisfiedLinkError(name)),
        descriptor);
  }
}
