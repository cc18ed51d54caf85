package org.mlcengine.model;

import java.nio.file.Path;

/** The command lines that messages propose. */
final class CompileCommand {
  private CompileCommand() {}

  static String of(Path folder) {
    return "mlc compile \"" + folder + "\"";
  }

  static String of(Path folder, HostCpu host) {
    return of(folder) + " --target " + host.level();
  }
}
