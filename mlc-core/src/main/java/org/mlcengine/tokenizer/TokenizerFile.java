package org.mlcengine.tokenizer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.mlcengine.errors.ModelLoadException;

/** Reads the files of tokenizers, and says what is wrong with them. */
public final class TokenizerFile {
  private TokenizerFile() {}

  /**
   * Returns the content of a file.
   *
   * @throws ModelLoadException if it cannot be read, or has more than {@code largest} bytes
   */
  public static byte[] read(Path file, int largest) {
    try {
      long size = Files.size(file);
      if (size > largest) {
        throw malformed(file, "at most " + largest + " bytes", size + " bytes");
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new ModelLoadException(
          "Expected "
              + file
              + " to be a tokenizer, but it cannot be read: "
              + e
              + ". Check the path and the permissions.",
          e);
    }
  }

  /** Returns an exception that says what a file should have, and what it has. */
  public static ModelLoadException malformed(Path file, String expected, String found) {
    return new ModelLoadException(
        "Expected "
            + file
            + " to have "
            + expected
            + ", found "
            + found
            + ". Download or convert the model again.");
  }

  /** Returns an exception that names what a file has and the engine does not support. */
  public static ModelLoadException unsupported(Path file, String found, String supported) {
    return new ModelLoadException(
        file + " has " + found + ", which is not supported. Supported: " + supported + ".");
  }
}
