package org.mlcengine.natives;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.mlcengine.bindings.TvmLoadException;
import org.mlcengine.bindings.TvmRuntime;
import org.mlcengine.natives.NativesSearch.Found;

/**
 * Loads the native libraries, once for the whole process.
 *
 * <p>They are looked for in this order: the folder that is given to {@link #load(Path)}; the folder
 * that the system property {@code mlc.natives.path} names; the folder that the environment variable
 * {@code MLC_NATIVES_PATH} names; the platform's classifier jar on the class path or module path,
 * which is extracted once into {@link MlcHome}. A folder that is named must hold the natives: no
 * further place is tried then. Such a folder holds {@code natives.properties} and the libraries
 * that it lists, directly or in a folder named by the platform. Sizes, hashes and versions are
 * checked before anything is loaded.
 */
public final class Natives {
  /** The version of Apache TVM that this release runs on. */
  public static final String TVM_VERSION = "0.27.0.post1";

  /** The version of Apache TVM FFI that this release runs on. */
  public static final String TVM_FFI_VERSION = "0.1.15.post2";

  /** The version of XGrammar that this release runs on. */
  public static final String XGRAMMAR_VERSION = "0.2.8";

  /** XGrammar's types of objects, which its library registers as it is loaded. */
  private static final List<String> XGRAMMAR_TYPES =
      Stream.of(
              "TokenizerInfo",
              "Grammar",
              "CompiledGrammar",
              "GrammarCompiler",
              "BatchGrammarMatcher",
              "GrammarMatcher")
          .map(name -> "xgrammar.tvm_ffi_binding." + name)
          .toList();

  private static @Nullable LoadedNatives loaded;
  private static @Nullable Manifest manifest;
  private static boolean grammars;

  private static final ReentrantLock ADDING_CODE = new ReentrantLock();

  private Natives() {}

  /**
   * Does what loading needs and any thread may do beforehand, whatever others do meanwhile; loads
   * nothing.
   */
  public static void prepare() {
    TvmRuntime.prepare();
    CpuFeatures.current();
  }

  /**
   * Loads the natives unless they are loaded.
   *
   * @throws NativesLoadException if they are not found, not as they should be, or cannot be loaded;
   *     it lists the places that were tried
   */
  public static LoadedNatives load() {
    return loadFrom(null);
  }

  /**
   * Loads the natives from a folder unless they are loaded from there.
   *
   * @throws NativesLoadException as in {@link #load()}, and if this process has loaded its natives
   *     from another folder
   */
  public static LoadedNatives load(Path folder) {
    return loadFrom(folder);
  }

  /** What this process has loaded; empty before {@link #load()} has succeeded. */
  public static synchronized Optional<LoadedNatives> loaded() {
    return Optional.ofNullable(loaded);
  }

  /**
   * Loads XGrammar's library, which only grammars need, unless it is loaded; before it the other
   * natives, unless they are. Its size, hash and version are checked first.
   *
   * <p>Other threads may run models meanwhile, and those that open one wait.
   *
   * @throws NativesLoadException as in {@link #load()}, and if these natives come without the
   *     library, it is not as it should be, or cannot be loaded
   */
  public static void loadGrammars() {
    addingCode(
        () -> {
          loadGrammarsNow();
          return grammars;
        });
  }

  /**
   * Adds native code to the process, one thread at a time: TVM's table of functions, in which a
   * library finds others' functions and enters its own, is not made for concurrent use.
   */
  public static <T> T addingCode(Supplier<T> action) {
    ADDING_CODE.lock();
    try {
      return action.get();
    } finally {
      ADDING_CODE.unlock();
    }
  }

  private static synchronized void loadGrammarsNow() {
    if (grammars) {
      return;
    }
    LoadedNatives natives = load();
    Manifest.OnDemand found =
        Objects.requireNonNull(manifest)
            .xgrammar()
            .orElseThrow(
                () -> unusable(natives, "they hold none: %s lists no xgrammar", Manifest.FILE));
    if (!found.version().equals(XGRAMMAR_VERSION)) {
      throw unusable(
          natives,
          "they hold XGrammar %s, this release needs %s",
          found.version(),
          XGRAMMAR_VERSION);
    }
    Path file = natives.folder().resolve(found.library().file());
    Manifest.problemIn(natives.folder(), List.of(found.library()))
        .ifPresent(
            problem -> {
              throw unusable(natives, "%s", problem);
            });
    try {
      TvmRuntime.load(List.of(file));
    } catch (TvmLoadException e) {
      throw new NativesLoadException(
          "XGrammar's library of the natives of %s does not load: %s"
              .formatted(natives.origin(), e.getMessage()),
          List.of(),
          e);
    }
    grammars = true;
  }

  private static NativesLoadException unusable(
      LoadedNatives natives, String reason, Object... arguments) {
    return new NativesLoadException(
        "grammars need XGrammar's library, and the natives of %s have none that can be used: %s. Use"
                .formatted(natives.origin(), reason.formatted(arguments))
            + " the natives of the same release.",
        List.of(),
        null);
  }

  private static synchronized LoadedNatives loadFrom(@Nullable Path folder) {
    LoadedNatives earlier = loaded;
    if (earlier != null && folder == null) {
      return earlier;
    }
    Found found =
        new NativesSearch(
                Platform.current(),
                System::getProperty,
                System::getenv,
                Natives.class.getClassLoader(),
                MlcHome.folder())
            .find(folder);
    if (earlier == null) {
      earlier = open(found);
      loaded = earlier;
      manifest = found.manifest();
    } else if (!earlier.folder().equals(found.folder())) {
      throw new NativesLoadException(
          "natives were asked for from %s, but this process has loaded those in %s (%s): one process"
                  .formatted(found.folder(), earlier.folder(), earlier.origin())
              + " can use one set of natives",
          List.of(),
          null);
    }
    return earlier;
  }

  private static LoadedNatives open(Found found) {
    Manifest manifest = found.manifest();
    List<Path> files =
        manifest.libraries().stream()
            .map(library -> found.folder().resolve(library.file()))
            .toList();
    try {
      TvmRuntime.load(files);
    } catch (TvmLoadException e) {
      throw new NativesLoadException(
          "the natives of %s do not load: %s".formatted(found.origin(), e.getMessage()),
          List.of(),
          e);
    }
    String version = TvmRuntime.version();
    if (!version.equals(manifest.ffiAbi())) {
      throw new NativesLoadException(
          "the loaded libtvm_ffi is version %s where %s says %s; this process has loaded another one"
              .formatted(version, Manifest.FILE, manifest.ffiAbi()),
          List.of(),
          null);
    }
    if (manifest.xgrammar().isPresent()) {
      TvmRuntime.reserveTypes(XGRAMMAR_TYPES);
    }
    return new LoadedNatives(
        Platform.current(),
        manifest.version(),
        manifest.tvmVersion(),
        manifest.ffiVersion(),
        found.folder(),
        found.origin(),
        files);
  }
}
