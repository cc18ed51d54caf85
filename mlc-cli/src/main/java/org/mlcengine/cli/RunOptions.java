package org.mlcengine.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.mlcengine.EngineMode;
import org.mlcengine.MLCEngine;
import picocli.CommandLine.Option;

/** The options that say how a model is run, whichever it is. */
final class RunOptions {
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

  /** Returns a builder for a model folder with these options. */
  MLCEngine.Builder builder(Path folder, EngineMode mode) {
    if (!Files.isDirectory(folder)) {
      throw new CommandException(
          folder
              + " is no folder. Name a model folder (with mlc-chat-config.json), or none for the"
              + " default model.");
    }
    MLCEngine.Builder builder = MLCEngine.builder().model(folder).mode(mode);
    if (threads != null) {
      builder.threads(threads);
    }
    if (contextWindowSize != null) {
      builder.contextWindowSize(contextWindowSize);
    }
    return builder;
  }

  /** Opens an engine, with progress on a terminal. */
  static MLCEngine open(MLCEngine.Builder builder) {
    Progress progress = new Progress(System.err, Interactive.terminal());
    try {
      return builder.loadListener(progress).build();
    } finally {
      progress.clear();
    }
  }
}
