package org.mlcengine.natives;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
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

  private static @Nullable LoadedNatives loaded;

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
