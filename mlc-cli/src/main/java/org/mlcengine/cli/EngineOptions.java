package org.mlcengine.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.mlcengine.EngineMode;
import org.mlcengine.MLCEngine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The options that say which model is opened and how. */
final class EngineOptions {
  @Mixin private final RunOptions run = new RunOptions();

  @Parameters(
      arity = "0..1",
      paramLabel = "MODEL",
      description = "A model folder. Default: SmolLM2-135M-Instruct, made on first use.")
  private @Nullable Path model;

  @Option(
      names = "--model-lib",
      paramLabel = "FILE",
      description = "The model library. Default: the one in the model folder.")
  private @Nullable Path modelLib;

  MLCEngine open(EngineMode mode) {
    return open(builder(mode));
  }

  /** Opens an engine, with progress on a terminal. */
  MLCEngine open(MLCEngine.Builder builder) {
    return RunOptions.open(builder);
  }

  /** Returns a builder with these options. */
  MLCEngine.Builder builder(EngineMode mode) {
    MLCEngine.Builder builder = run.builder(model != null ? model : DefaultModel.folder(), mode);
    if (modelLib != null) {
      builder.modelLib(modelLib);
    }
    return builder;
  }
}
