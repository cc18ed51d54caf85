package org.mlcengine.bindings;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Loads tvm-ffi, its library of test functions, and TVM's runtime. */
public final class Natives implements BeforeAllCallback {
  @Override
  public void beforeAll(ExtensionContext context) {
    load();
  }

  static void load() {
    TvmRuntime.load(
        List.of(library("tvm_ffi"), library("tvm_runtime"), library("tvm_ffi_testing")));
  }

  /** The folder that the build unpacks the libraries of this platform into. */
  static Path folder() {
    try (Stream<Path> folders = Files.list(Path.of(System.getProperty("mlc.natives.path")))) {
      return folders.filter(Files::isDirectory).findFirst().orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException("run mvn generate-test-resources first", e);
    }
  }

  static Path library(String name) {
    return folder().resolve(System.mapLibraryName(name)).toAbsolutePath();
  }
}
