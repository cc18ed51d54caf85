package org.mlcengine.natives;

import java.nio.file.Path;
import java.util.List;

/**
 * The native libraries that this process uses.
 *
 * @param platform what they are made for
 * @param version the version of these natives: TVM's, with a part that differs for any other files
 * @param tvmVersion the version of Apache TVM
 * @param tvmFfiVersion the version of Apache TVM FFI
 * @param folder the folder that they were loaded from
 * @param origin which setting or jar led to the folder
 * @param libraries the files that were loaded first, in their order
 */
public record LoadedNatives(
    Platform platform,
    String version,
    String tvmVersion,
    String tvmFfiVersion,
    Path folder,
    String origin,
    List<Path> libraries) {
  /** Copies the list. */
  public LoadedNatives {
    libraries = List.copyOf(libraries);
  }
}
