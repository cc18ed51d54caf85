package org.mlcengine.bindings;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * {@code LoadLibraryExW} with the library's own folder in the search path. Windows resolves symbols
 * by the name of the library, so that nothing need be made global, and the Windows build of
 * libtvm_ffi installs no exception handler.
 */
final class WindowsLoader implements DynamicLoader {
  /** LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS. */
  private static final int FLAGS = 0x100 | 0x1000;

  private static final Linker.Option LAST_ERROR = Linker.Option.captureCallState("GetLastError");
  private static final VarHandle CODE =
      Linker.Option.captureStateLayout().varHandle(PathElement.groupElement("GetLastError"));

  private static final MethodHandle LOAD_LIBRARY =
      Linker.nativeLinker()
          .downcallHandle(
              SymbolLookup.libraryLookup("kernel32", Arena.global())
                  .find("LoadLibraryExW")
                  .orElseThrow(() -> new UnsatisfiedLinkError("LoadLibraryExW")),
              FunctionDescriptor.of(
                  ValueLayout.ADDRESS,
                  ValueLayout.ADDRESS,
                  ValueLayout.ADDRESS,
                  ValueLayout.JAVA_INT),
              LAST_ERROR);

  @Override
  public @Nullable String open(Path library) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment path = arena.allocateFrom(library.toString(), StandardCharsets.UTF_16LE);
      MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
      MemorySegment handle =
          (MemorySegment) LOAD_LIBRARY.invokeExact(state, path, MemorySegment.NULL, FLAGS);
      return handle.equals(MemorySegment.NULL)
          ? "LoadLibraryExW failed with error " + (int) CODE.get(state, 0L)
          : null;
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
