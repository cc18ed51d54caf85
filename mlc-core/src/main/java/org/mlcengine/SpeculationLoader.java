package org.mlcengine;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.errors.ModelLibraryMismatchException;
import org.mlcengine.model.EngineLimits;
import org.mlcengine.model.LimitRequest;
import org.mlcengine.model.ModelConfig;
import org.mlcengine.runtime.ModelFacts;
import org.mlcengine.runtime.OpenListener;
import org.mlcengine.runtime.OpenRequest;
import org.mlcengine.runtime.TvmLanguageModel;
import org.mlcengine.runtime.TvmModelLoader;
import org.mlcengine.speculation.DraftModel;
import org.mlcengine.speculation.Drafter;
import org.mlcengine.speculation.PromptLookup;
import org.mlcengine.speculation.Speculation;
import org.mlcengine.tokenizer.Tokenizer;

/** Opens a language model and what drafts tokens for it, as the options say. */
final class SpeculationLoader {
  /** Tokens of a draft where the user sets no number. */
  private static final int DRAFT_LENGTH = 8;

  private final MLCEngine.Builder options;
  private final @Nullable Path folder;
  private final @Nullable CompletableFuture<Tokenizer> tokenizer;
  private @Nullable TvmLanguageModel draftModel;

  /**
   * Begins to read the draft model's tokenizer, if there is one.
   *
   * @throws InvalidRequestException if options contradict each other
   */
  SpeculationLoader(MLCEngine.Builder options) {
    this.options = options;
    check(options);
    Path draft = options.draftModel;
    folder = draft == null ? null : draft.toAbsolutePath().normalize();
    tokenizer = draft == null ? null : EngineLoader.tokenizer(draft);
  }

  private static void check(MLCEngine.Builder options) {
    boolean drafts = options.speculativeMode == SpeculativeMode.SMALL_DRAFT;
    if (drafts && options.draftModel == null) {
      throw new InvalidRequestException(
          "draftModel", "speculativeMode SMALL_DRAFT needs one. Set the folder of a model.");
    }
    if (!drafts && options.draftModel != null) {
      throw new InvalidRequestException(
          "draftModel",
          "expected none with speculativeMode %s, found %s. Set SMALL_DRAFT, or leave it out."
              .formatted(options.speculativeMode, options.draftModel));
    }
    if (options.speculativeMode == SpeculativeMode.DISABLE && options.specDraftLength != null) {
      throw new InvalidRequestException(
          "specDraftLength",
          "expected none with speculativeMode DISABLE, found %d. Set a mode, or leave it out."
              .formatted(options.specDraftLength));
    }
  }

  /** Refuses options that an encoder has no use for. */
  static void refuseForEncoder(MLCEngine.Builder options) {
    if (options.speculativeMode != SpeculativeMode.DISABLE) {
      throw new InvalidRequestException(
          "speculativeMode", "an encoder has no tokens to guess; leave it out.");
    }
  }

  /** Opens the model on the calling thread, which then owns it, after its draft model. */
  TvmLanguageModel open(OpenRequest request, OpenListener listener) {
    if (folder == null) {
      return TvmModelLoader.open(request, listener);
    }
    // What it takes is then no more among the memory that the model plans with.
    TvmLanguageModel draft = openDraft(folder, request);
    try {
      TvmLanguageModel model = TvmModelLoader.open(request, listener);
      draftModel = draft;
      return model;
    } catch (RuntimeException | Error e) {
      draft.close();
      throw e;
    }
  }

  private TvmLanguageModel openDraft(Path draft, OpenRequest request) {
    ModelConfig config = ModelConfig.read(draft);
    if (config.makesEmbeddings()) {
      throw new InvalidRequestException(
          "draftModel", "expected a language model, found the encoder " + draft + ".");
    }
    if (config.vocabSize() != request.config().vocabSize()) {
      throw new InvalidRequestException(
          "draftModel",
          "expected the vocabulary of %s, of %d tokens, found %s with %d. Choose a smaller model of the same family."
              .formatted(
                  request.config().folder(),
                  request.config().vocabSize(),
                  draft,
                  config.vocabSize()));
    }
    LimitRequest limits = LimitRequest.of(request.limits().mode());
    return TvmModelLoader.open(
        new OpenRequest(
            config, null, options.natives, request.threads(), limits, options.verifyWeights),
        OpenListener.NONE);
  }

  /**
   * Compares the draft model's tokenizer with the model's.
   *
   * @throws InvalidRequestException if they are not the same
   */
  void checkTokenizer(Tokenizer expected, Path model) {
    if (tokenizer == null) {
      return;
    }
    Tokenizer found = EngineLoader.await(tokenizer, folder);
    boolean same = found.vocabSize() == expected.vocabSize();
    for (int id = 0; same && id < expected.vocabSize(); id++) {
      same = Arrays.equals(found.tokenBytes(id), expected.tokenBytes(id));
    }
    if (!same) {
      throw new InvalidRequestException(
          "draftModel",
          "expected the tokenizer of %s, found another one in %s. Choose a smaller model of the same family."
              .formatted(model, folder));
    }
  }

  /**
   * Returns what drafts for an open model, or null for nothing. Called by the thread that owns it.
   *
   * @throws ModelLibraryMismatchException if the model's library cannot verify drafts
   */
  @Nullable Speculation speculation(TvmLanguageModel model) {
    if (options.speculativeMode == SpeculativeMode.DISABLE) {
      return null;
    }
    TvmLanguageModel draft = draftModel;
    int most = model.mostVerified();
    if (most < 2) {
      if (draft != null) {
        draft.close();
      }
      throw cannotVerify(model.facts());
    }
    Drafter drafter = draft == null ? new PromptLookup() : drafter(draft);
    Integer length = options.specDraftLength;
    return new Speculation(drafter, length == null || length == 0 ? DRAFT_LENGTH : length, most);
  }

  private static Drafter drafter(TvmLanguageModel draft) {
    EngineLimits limits = draft.facts().plan().limits();
    return new DraftModel(
        draft, limits.maxSequences(), limits.contextWindow(), limits.prefillChunk());
  }

  private RuntimeException cannotVerify(ModelFacts facts) {
    return facts.plan().limits().prefillChunk() < 2
        ? new InvalidRequestException(
            "prefillChunkSize",
            "expected at least 2 with speculativeMode %s, found 1. Raise it, or set DISABLE."
                .formatted(options.speculativeMode))
        : new ModelLibraryMismatchException(
            "The model library %s has no function batch_verify, which speculativeMode %s needs. Compile it again with this version's mlc compile, or set speculativeMode DISABLE."
                .formatted(facts.library(), options.speculativeMode));
  }
}
