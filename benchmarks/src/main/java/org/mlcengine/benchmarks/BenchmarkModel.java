package org.mlcengine.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.mlcengine.model.EngineMode;
import org.mlcengine.model.LimitRequest;
import org.mlcengine.model.ModelConfig;
import org.mlcengine.runtime.OpenListener;
import org.mlcengine.runtime.OpenRequest;
import org.mlcengine.runtime.TvmLanguageModel;
import org.mlcengine.runtime.TvmModelLoader;

/**
 * The model that is measured: system property {@code mlc.model}, else the build's default model.
 */
public final class BenchmarkModel {
  private static final Path POINTER = Path.of("mlc-native/target/default-model.path");

  private BenchmarkModel() {}

  /** Returns the model folder. */
  public static Path folder() {
    String model = System.getProperty("mlc.model");
    if (model != null) {
      return Path.of(model);
    }
    try {
      return Path.of(Files.readString(POINTER).strip());
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Run from the root after mvn verify, or set -Dmlc.model=FOLDER (no " + POINTER + ")", e);
    }
  }

  /** Returns how many threads a step uses: system property {@code mlc.threads}, else all. */
  public static int threads() {
    return Integer.getInteger("mlc.threads", Runtime.getRuntime().availableProcessors());
  }

  /**
   * Opens a model on the calling thread.
   *
   * @param library the model library; null for the one in the folder
   */
  public static TvmLanguageModel open(Path folder, @Nullable Path library) {
    return TvmModelLoader.open(
        new OpenRequest(
            ModelConfig.read(folder),
            library,
            null,
            threads(),
            LimitRequest.of(EngineMode.LOCAL),
            true),
        OpenListener.NONE);
  }
}
