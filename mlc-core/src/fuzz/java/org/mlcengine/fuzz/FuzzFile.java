package org.mlcengine.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A folder with one file, whose content each round replaces. */
final class FuzzFile {
  private final Path file;

  FuzzFile(String name) {
    try {
      file = Files.createTempDirectory("fuzz").resolve(name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes the file and returns its folder. */
  Path write(byte[] content) {
    try {
      Files.write(file, content);
      return file.getParent();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
