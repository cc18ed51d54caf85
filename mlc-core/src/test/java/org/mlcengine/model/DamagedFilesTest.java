package org.mlcengine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mlcengine.errors.MLCException;
import org.mlcengine.errors.ModelLibraryMismatchException;
import org.mlcengine.errors.ModelLoadException;

/** Damages valid files at random: reading them succeeds or throws the promised exception. */
class DamagedFilesTest {
  private static final int ROUNDS = 1000;
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final String[] TOKENS = {
    "null",
    "-1",
    "0",
    "1e999",
    "99999999999999999999",
    "[]",
    "{}",
    "\"\"",
    "true",
    "NaN",
    "\"../x\"",
    "9223372036854775807",
    ",",
    ":",
    "[[[[[[[[",
    "\\u0000",
    "\"",
    "-",
    "0.5",
    "\u00e9"
  };

  @TempDir Path path;

  @Test
  void configOnlyThrowsLoadExceptions() {
    damage("mlc-chat-config.json", ModelLoadException.class, () -> ModelConfig.read(path));
  }

  @Test
  void indexOnlyThrowsLoadExceptions() {
    damage("tensor-cache.json", ModelLoadException.class, () -> WeightIndex.read(path));
  }

  @Test
  void metadataOnlyThrowsMismatches() {
    ModelFolder folder = new ModelFolder(path);
    folder.write("metadata", folder.metadata.toPrettyString().getBytes(StandardCharsets.UTF_8));
    ModelConfig config = folder.readConfig();
    damage(
        "metadata",
        ModelLibraryMismatchException.class,
        () -> {
          byte[] bytes = Files.readAllBytes(path.resolve("metadata"));
          String json = new String(bytes, StandardCharsets.UTF_8);
          LibraryMetadata library = LibraryMetadata.parse(path.resolve("lib.so"), json, config);
          if (library.kvCache().isPresent()) {
            planAndCheck(config, library);
          }
        });
  }

  private void planAndCheck(ModelConfig config, LibraryMetadata library) {
    try {
      MemoryPlan.infer(library, config, LimitRequest.of(EngineMode.SERVER), 1L << 33);
    } catch (MLCException e) {
      assertThat(e).hasMessageContaining("MiB");
    }
    ModelCompatibility.check(
        config, WeightIndex.read(path), library, ModelFolder.V3, OptionalInt.of(1));
  }

  private void damage(String name, Class<? extends MLCException> expected, Reader reader) {
    if (Files.notExists(path.resolve(name))) {
      new ModelFolder(path);
    }
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    Assertions.assertTimeoutPreemptively(
        LIMIT,
        () -> {
          byte[] valid = Files.readAllBytes(path.resolve(name));
          int refused = 0;
          for (int round = 0; round < ROUNDS; round++) {
            Files.write(path.resolve(name), mutate(valid, random));
            refused += refused(expected, reader, "seed %d, round %d".formatted(seed, round));
          }
          assertThat(refused).as("seed %d", seed).isBetween(ROUNDS / 10, ROUNDS - 1);
        });
  }

  private static int refused(Class<? extends MLCException> expected, Reader reader, String as) {
    try {
      reader.read();
      return 0;
    } catch (Exception | StackOverflowError | OutOfMemoryError e) {
      if (!expected.isInstance(e) || String.valueOf(e.getMessage()).length() > 5000) {
        fail(as, e);
      }
      return 1;
    }
  }

  private static byte[] mutate(byte[] valid, Random random) {
    byte[] bytes = valid.clone();
    for (int edits = random.nextInt(3); edits >= 0; edits--) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(5)) {
        case 0 -> bytes[at] = (byte) random.nextInt(256);
        case 1 -> bytes[at] = (byte) "0123456789-eE.,:[]{}\"".charAt(random.nextInt(21));
        case 2 -> bytes = splice(bytes, at, at, token(random));
        case 3 -> bytes = replaceValue(bytes, at, token(random));
        default -> bytes = splice(bytes, at, Math.min(bytes.length, at + random.nextInt(30)), "");
      }
    }
    return bytes.length == 0 ? valid : bytes;
  }

  private static String token(Random random) {
    return TOKENS[random.nextInt(TOKENS.length)];
  }

  /** Replaces what stands between the next colon and the next comma. */
  private static byte[] replaceValue(byte[] bytes, int from, String token) {
    int colon = from;
    while (colon < bytes.length && bytes[colon] != ':') {
      colon++;
    }
    int comma = colon;
    while (comma < bytes.length && bytes[comma] != ',') {
      comma++;
    }
    return colon < comma ? splice(bytes, colon + 1, comma, token) : bytes;
  }

  private static byte[] splice(byte[] bytes, int from, int to, String token) {
    byte[] inserted = token.getBytes(StandardCharsets.UTF_8);
    byte[] result = Arrays.copyOf(bytes, from + inserted.length + bytes.length - to);
    System.arraycopy(inserted, 0, result, from, inserted.length);
    System.arraycopy(bytes, to, result, from + inserted.length, bytes.length - to);
    return result;
  }

  private interface Reader {
    void read() throws IOException;
  }
}
