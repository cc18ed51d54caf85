package org.mlcengine.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.ModelLibraryMismatchException;
import org.mlcengine.errors.NativesException;
import org.mlcengine.model.HostCpu;
import org.mlcengine.natives.CpuFeatures;
import org.mlcengine.natives.CpuKernels;
import org.mlcengine.natives.LoadedNatives;
import org.mlcengine.natives.Natives;
import org.mlcengine.natives.NativesLoadException;
import org.mlcengine.natives.Platform;

/**
 * This process with the natives loaded: what it can run.
 *
 * @param platform system and architecture
 * @param cpu what the processor offers
 * @param kernels the CPU kernels of the natives; empty if they come without
 */
record NativeHost(Platform platform, HostCpu cpu, Optional<CpuKernels> kernels) {
  /**
   * Loads the natives and asks what they and the processor offer.
   *
   * @param folder where they are; null for the usual places
   * @throws NativesException if they cannot be found or loaded
   */
  static NativeHost load(@Nullable Path folder) {
    Platform platform = loadLibraries(folder).platform();
    HostCpu cpu =
        CpuFeatures.current()
            .map(features -> new HostCpu(features.level(), features.features()))
            .orElseGet(() -> new HostCpu(platform.architecture(), Set.of()));
    return new NativeHost(platform, cpu, CpuKernels.loaded());
  }

  /** Loads the natives as {@link #load} does, and asks nothing. */
  static LoadedNatives loadLibraries(@Nullable Path folder) {
    try {
      return folder == null ? Natives.load() : Natives.load(folder);
    } catch (NativesLoadException e) {
      throw new NativesException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Returns the version of the natives' kernels; empty if they come without. */
  OptionalInt kernelsVersion() {
    return kernels.map(found -> OptionalInt.of(found.version())).orElse(OptionalInt.empty());
  }

  /**
   * Returns the library if the system's loader would take it.
   *
   * @throws ModelLibraryMismatchException if it is missing, no shared library, or made for another
   *     system or architecture
   */
  Path requireLoadable(Path library) {
    if (!Files.isRegularFile(library)) {
      throw new ModelLibraryMismatchException(
          "The model library %s does not exist. Name another with the option modelLib, or make it with mlc compile."
              .formatted(library));
    }
    try {
      Platform found = Platform.ofLibrary(library);
      if (!found.equals(platform)) {
        throw new ModelLibraryMismatchException(
            "The model library %s is made for %s; this is %s. Compile one here with mlc compile."
                .formatted(library, found, platform));
      }
      return library;
    } catch (IOException e) {
      throw new ModelLibraryMismatchException(
          "The model library %s is no shared library (%s). Compile it again with mlc compile."
              .formatted(library, e.getMessage()),
          e);
    }
  }
}
