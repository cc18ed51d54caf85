package org.mlcengine.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.mlcengine.EngineMode;
import org.mlcengine.MLCEngine;
import org.mlcengine.SpeculativeMode;
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

  @Option(
      names = "--speculative-mode",
      paramLabel = "MODE",
      description =
          "How next tokens are guessed, so that one step can verify several: prompt_lookup (from the text so far), small_draft (by --draft-model) or disable. Replies stay the same. Default: disable.")
  private @Nullable SpeculativeMode speculativeMode;

  @Option(
      names = "--spec-draft-length",
      paramLabel = "N",
      description =
          "The most tokens that are guessed at once, 0 to 16. Default: 0, as many as pay.")
  private @Nullable Integer specDraftLength;

  @Option(
      names = "--draft-model",
      paramLabel = "FOLDER",
      description = "A much smaller model with the same tokenizer, for small_draft.")
  private @Nullable Path draftModel;

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
    if (speculativeMode != null) {
      builder.speculativeMode(speculativeMode);
    }
    if (specDraftLength != null) {
      builder.specDraftLength(specDraftLength);
    }
    if (draftModel != null) {
      builder.draftModel(draftModel);
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
