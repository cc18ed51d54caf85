package org.mlcengine.tokenizer.huggingface;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.mlcengine.tokenizer.Tokenizer;

/** The small byte-level tokenizer of the tests. */
public final class SmallTokenizer {
  private SmallTokenizer() {}

  /** Loads the tokenizer through a folder that is deleted again. */
  public static Tokenizer load() {
    try {
      Path file = Files.createTempFile("small", "tokenizer.json");
      try {
        Files.writeString(file, resource("small-tokenizer.json"));
        return HuggingFaceReader.read(file);
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the text of a resource beside this class. */
  public static String resource(String name) throws IOException {
    try (InputStream in = SmallTokenizer.class.getResourceAsStream(name)) {
      return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
