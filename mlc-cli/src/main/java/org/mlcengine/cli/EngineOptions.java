package org.mlcengine.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.mlcengine.EngineMode;
import org.mlcengine.MLCEngine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The options that say which model is opened and how. */
final class EngineOptions {
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

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads of a step. Default: the number of cores.")
  private @Nullable Integer threads;

  @Option(
      names = "--context-window-size",
      paramLabel = "N",
      description = "Longest sequence in tokens. Default: the model's.")
  private @Nullable Integer contextWindowSize;

  MLCEngine open(EngineMode mode) {
    return open(builder(mode));
  }

  /** Opens an engine, with progress on a terminal. */
  MLCEngine open(MLCEngine.Builder builder) {
    Progress progress = new Progress(System.err, Interactive.terminal());
    try {
      return builder.loadListener(progress).build();
    } finally {
      progress.clear();
    }
  }

  /** Returns a builder with these options. */
  MLCEngine.Builder builder(EngineMode mode) {
    Path folder = model != null ? model : DefaultModel.folder();
    if (!Files.isDirectory(folder)) {
      throw new CommandException(
          folder
              + " is no folder. Name a model folder (with mlc-chat-config.json), or none for the"
              + " default model.");
    }
    MLCEngine.Builder builder = MLCEngine.builder().model(folder).mode(mode);
    if (modelLib != null) {
      builder.modelLib(modelLib);
    }
    if (threads != null) {
      builder.threads(threads);
    }
    if (contextWindowSize != null) {
      builder.contextWindowSize(contextWindowSize);
    }
    return builder;
  }
}
