package org.mlcengine.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much memory this process holds. */
final class ResidentMemory {
  private static final Path STATUS = Path.of("/proc/self/status");

  private ResidentMemory() {}

  /** Returns the resident set in bytes, or 0 where the system does not tell. */
  static long bytes() {
    try {
      return Files.isReadable(STATUS) ? fromProc() : fromPs();
    } catch (IOException | NumberFormatException e) {
      System.getLogger(ResidentMemory.class.getName())
          .log(System.Logger.Level.WARNING, "resident memory is unknown", e);
      return 0;
    }
  }

  private static long fromProc() throws IOException {
    for (String line : Files.readAllLines(STATUS)) {
      if (line.startsWith("VmRSS:")) {
        return kilobytes(line.substring("VmRSS:".length()).replace("kB", ""));
      }
    }
    return 0;
  }

  private static long fromPs() throws IOException {
    String pid = Long.toString(ProcessHandle.current().pid());
    Process ps = new ProcessBuilder("ps", "-o", "rss=", "-p", pid).start();
    try (BufferedReader output = ps.inputReader()) {
      String line = output.readLine();
      return line == null ? 0 : kilobytes(line);
    }
  }

  private static long kilobytes(String text) {
    return Long.parseLong(text.strip()) * 1024;
  }
}
