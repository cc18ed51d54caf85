package org.mlcengine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.mlcengine.model.LimitRequest;
import org.mlcengine.model.ModelConfig;
import org.mlcengine.runtime.OpenListener;
import org.mlcengine.runtime.OpenRequest;
import org.mlcengine.runtime.TvmLanguageModel;
import org.mlcengine.runtime.TvmModelLoader;

/** The models that the build makes before the tests. */
public final class TestModel {
  private TestModel() {}

  /** Returns the default model's folder. */
  public static Path folder() {
    return read("mlc.test.model", "default-model.path");
  }

  /** Returns the folder of the model that makes embeddings. */
  public static Path embeddingFolder() {
    return read("mlc.test.embedding", "embedding-model.path");
  }

  private static Path read(String property, String file) {
    Path pointer = Path.of(System.getProperty(property, "../mlc-native/target/" + file));
    try {
      return Path.of(Files.readString(pointer).strip());
    } catch (IOException e) {
      throw new UncheckedIOException("Run mvn verify from the root: it makes " + pointer, e);
    }
  }

  /** Opens the model with a short context, which keeps the KV cache small. */
  public static MLCEngine open() {
    return builder().build();
  }

  /** Returns a builder for the model with a short context. */
  public static MLCEngine.Builder builder() {
    return MLCEngine.builder().model(folder()).contextWindowSize(1024).maxTotalSequenceLength(2048);
  }

  /** Opens the model on the calling thread, which then owns it. */
  public static TvmLanguageModel open(LimitRequest limits) {
    ModelConfig config = ModelConfig.read(folder());
    return TvmModelLoader.open(
        new OpenRequest(config, null, null, 2, limits, true), OpenListener.NONE);
  }

  /** Makes a folder of links to the model's files, so that a test can replace some of them. */
  public static Path copyInto(Path target) throws IOException {
    Files.createDirectories(target);
    try (Stream<Path> files = Files.list(folder())) {
      for (Path file : (Iterable<Path>) files::iterator) {
        if (Files.isRegularFile(file)) {
          Files.createSymbolicLink(target.resolve(file.getFileName()), file.toRealPath());
        }
      }
    }
    return target;
  }
}
