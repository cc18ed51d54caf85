package org.mlcengine.bindings;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A native library could not be loaded. */
public final class TvmLoadException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient Path path;

  TvmLoadException(Path path, String reason, @Nullable Throwable cause) {
    super("cannot load " + path + ": " + reason, cause);
    this.path = path;
  }

  /** The library that could not be loaded. */
  public Path path() {
    return path;
  }
}
