package org.mlcengine.bindings;

import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Opens a native library such that libraries opened later can use its symbols. */
interface DynamicLoader {
  /** Opens {@code library}; returns null, or why it failed. */
  @Nullable String open(Path library);

  static DynamicLoader ofThisSystem() {
    String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    return system.startsWith("windows") ? new WindowsLoader() : new PosixLoader(system);
  }
}
