package org.mlcengine.bindings;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.mlcengine.bindings.generated.TVMFFIVersion;
import org.mlcengine.bindings.generated.TvmFfi;
import org.mlcengine.bindings.internal.Symbols;

/** The native libraries of this process. All methods may be called from any thread. */
public final class TvmRuntime {
  /** The libraries by file name, and the lock of everything that loading changes. */
  static final Map<String, Path> LOADED = new LinkedHashMap<>();

  private static volatile boolean ready;

  private TvmRuntime() {}

  /**
   * Opens libraries in order, with symbols that libraries opened later can use. The first library
   * of the process must be libtvm_ffi. Libraries that are open already are skipped. The signal
   * handlers of the process are as before when this returns. A library is never unloaded.
   *
   * <p>Load early, before other threads are busy: until libtvm_ffi's loading has returned, its
   * SIGSEGV handler is in place, and a signal that the JVM needs would end the process. TVM's table
   * of global functions, which libraries extend as they load, is not made for concurrent use
   * either.
   *
   * @throws TvmLoadException if a file cannot be opened, if the first is not libtvm_ffi, or if a
   *     library of the same file name was loaded from elsewhere; libraries before it stay loaded
   */
  public static void load(List<Path> libraries) {
    synchronized (LOADED) {
      for (Path library : libraries) {
        load(library);
      }
    }
  }

  /**
   * Links native calls and loads nothing: work that any thread may do beforehand, whatever others
   * do meanwhile.
   */
  public static void prepare() {
    Objects.requireNonNull(Loader.INSTANCE);
    Preparation.run();
  }

  /**
   * Makes room for types of objects that a library will register when it is loaded later. TVM's
   * table of types moves as it grows, which must not happen while other threads use it.
   *
   * @param typeKeys names of types without subtypes, whose parent is the root of all types
   * @throws IllegalStateException if libtvm_ffi is not loaded
   */
  public static void reserveTypes(List<String> typeKeys) {
    requireLoaded();
    synchronized (LOADED) {
      try (Arena arena = Arena.ofConfined()) {
        for (String key : typeKeys) {
          MemorySegment name = Memory.byteArray(key, arena);
          TvmFfi.TVMFFITypeGetOrAllocIndex(name, -1, 1, 0, 0, TypeIndex.OBJECT);
        }
      }
    }
  }

  /** Whether libtvm_ffi is loaded. */
  public static boolean isLoaded() {
    return ready;
  }

  /**
   * The version of libtvm_ffi, as {@code major.minor.patch}.
   *
   * @throws IllegalStateException if it is not loaded
   */
  public static String version() {
    requireLoaded();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment version = TVMFFIVersion.allocate(arena);
      TvmFfi.TVMFFIGetVersion(version);
      return TVMFFIVersion.major(version)
          + "."
          + TVMFFIVersion.minor(version)
          + "."
          + TVMFFIVersion.patch(version);
    }
  }

  /** How many objects and prepared calls are open: each owns a native reference until closed. */
  public static long liveCount() {
    return Resource.live();
  }

  /**
   * Gives memory that native code has freed back to the system, where the C library would keep it
   * (glibc). Takes some milliseconds; worth it after much was freed, such as a model.
   */
  public static void trimMemory() {
    FreedMemory.giveBack();
  }

  static void requireLoaded() {
    if (!ready) {
      throw new IllegalStateException(
          "the TVM libraries are not loaded; call TvmRuntime.load before anything else");
    }
  }

  static String loadedNames() {
    synchronized (LOADED) {
      return String.join(", ", LOADED.keySet());
    }
  }

  private static void load(Path library) {
    Path file = realPath(library);
    String name = file.getFileName().toString();
    Path earlier = LOADED.get(name);
    if (file.equals(earlier)) {
      return;
    }
    if (earlier != null) {
      throw new TvmLoadException(library, "already loaded from " + earlier, null);
    }
    String problem = Loader.INSTANCE.open(library.toAbsolutePath());
    if (problem != null) {
      throw new TvmLoadException(library, problem, null);
    }
    if (!ready) {
      useSymbols(library);
    }
    LOADED.put(name, file);
  }

  private static void useSymbols(Path library) {
    SymbolLookup symbols = SymbolLookup.libraryLookup(library.toAbsolutePath(), Arena.global());
    if (symbols.find("TVMFFIGetVersion").isEmpty()) {
      throw new TvmLoadException(library, "libtvm_ffi must be the first library to load", null);
    }
    Symbols.use(symbols);
    ready = true;
  }

  private static Path realPath(Path library) {
    try {
      return library.toRealPath();
    } catch (IOException e) {
      throw new TvmLoadException(library, "no such file", e);
    }
  }

  /** Links the system's loader only once something is to be loaded. */
  private static final class Loader {
    static final DynamicLoader INSTANCE = DynamicLoader.ofThisSystem();
  }
}
