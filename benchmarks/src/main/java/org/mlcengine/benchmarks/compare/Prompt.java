package org.mlcengine.benchmarks.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A prompt as text and as token ids, for engines that take the one or the other.
 *
 * @param text special tokens spelled out
 * @param tokens the same, tokenized
 */
public record Prompt(String text, int[] tokens) {
  /** Reads {@code NAME.txt} and {@code NAME.ids}, decimal numbers with spaces between them. */
  static Prompt read(Path folder, String name) throws IOException {
    String ids = Files.readString(folder.resolve(name + ".ids")).strip();
    return new Prompt(
        Files.readString(folder.resolve(name + ".txt")),
        Arrays.stream(ids.split("\\s+")).mapToInt(Integer::parseInt).toArray());
  }
}
