package org.mlcengine.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A folder with one file, whose content each round replaces. */
final class FuzzFile {
  private final Path folder;
  private final String name;

  FuzzFile(String name) {
    this.name = name;
    try {
      folder = Files.createTempDirectory("fuzz");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes the file and returns its folder. */
  Path write(byte[] content) {
    try {
      Files.write(folder.resolve(name), content);
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
