package org.mlcengine;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.model.LimitRequest;
import org.mlcengine.model.ModelConfig;
import org.mlcengine.natives.Natives;
import org.mlcengine.speculation.Draft;

/**
 * A language model, or an encoder that makes embeddings, inside this JVM, with OpenAI's API.
 *
 * <pre>{@code
 * try (MLCEngine engine = MLCEngine.builder().model(Path.of("SmolLM2-135M-Instruct")).build()) {
 *   ChatCompletion reply =
 *       engine
 *           .chat()
 *           .completions()
 *           .create(ChatCompletionCreateParams.builder().addUserMessage("Hello").build());
 *   System.out.println(reply.choices().getFirst().message().content().orElse(""));
 * }
 * }</pre>
 *
 * <p>Safe for use by many threads, virtual ones included: one thread of the engine's own makes
 * every native call, and callers wait for what it produces.
 */
public final class MLCEngine implements AutoCloseable {
  private final Builder options;
  private final ModelSlot models;
  private final Chat chat;
  private final Completions completions;
  private final Embeddings embeddings;
  private final Sessions sessions;

  MLCEngine(Builder options, ModelSlot.Loaded first) {
    this.options = options;
    Duration idleAfter = options.idleUnload;
    IdleUnload idle = idleAfter == null ? null : new IdleUnload(idleAfter, System::nanoTime);
    models = new ModelSlot(first, options.listener, this::reopen, idle);
    if (idle != null) {
      idle.start(models::rest);
    }
    chat = new Chat(new ChatCompletions(models));
    completions = new Completions(models);
    embeddings = new Embeddings(models);
    sessions = new Sessions(models);
  }

  /**
   * Does what loading any model takes in a new process, and loads nothing. A program that has other
   * work to do first can call this meanwhile, on another thread, and has its first model sooner.
   * Optional; calling it again does little.
   */
  public static void prepare() {
    Natives.prepare();
    ModelConfig.prepare();
  }

  /** Returns a builder that needs a model. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns the chat part of the API, which a language model offers. */
  public Chat chat() {
    return chat;
  }

  /** Returns the text completions of the API, which a language model offers. */
  public Completions completions() {
    return completions;
  }

  /** Returns the embeddings of the API, which an encoder offers. */
  public Embeddings embeddings() {
    return embeddings;
  }

  /**
   * Returns the session of that name: a conversation that the engine remembers, a new one if there
   * is none. It stays until it is closed.
   *
   * @param id 1 to 256 characters
   * @throws InvalidRequestException if the name is empty or too long
   * @throws org.mlcengine.errors.EngineClosedException if the engine is closed
   */
  public Session session(String id) {
    return sessions.get(id);
  }

  /**
   * Restores a session that {@link Session#save} has saved, in this process or another. What the
   * file has of its keys and values comes back into the KV cache if it belongs to the loaded model,
   * library, natives and kind of processor, and there is room; otherwise the first turn computes
   * the conversation. {@link Session#cachedTokens} tells how much has come back.
   *
   * @throws org.mlcengine.errors.SessionFileException if the file is missing, damaged or no
   *     session's
   * @throws InvalidRequestException if the session of its name is open
   * @throws org.mlcengine.errors.EngineClosedException if the engine is closed
   */
  public Session restoreSession(Path file) {
    return sessions.restore(file);
  }

  /**
   * Returns facts of the loaded model and the limits that are in force.
   *
   * @throws org.mlcengine.errors.ModelNotLoadedException if it was unloaded
   */
  public EngineInfo info() {
    return models.info();
  }

  /**
   * Returns what the loaded model does at the moment, and what its steps have taken so far.
   *
   * @throws org.mlcengine.errors.ModelNotLoadedException if it was unloaded
   */
  public EngineMetrics metrics() {
    return models.metrics();
  }

  /**
   * Opens a model in place of the loaded one, with the options that the engine was built with, but
   * for its library. Requests under way end on the model before, whose memory is freed after the
   * last of them; later ones run on the new model. Both are in memory meanwhile. If the new one
   * cannot be opened, the model before stays.
   *
   * @param folder the model folder; that of the loaded model opens it anew
   * @throws org.mlcengine.errors.EngineClosedException if the engine is closed
   * @throws org.mlcengine.errors.MLCException what {@link Builder#build} throws
   */
  public void reload(Path folder) {
    models.replace(() -> EngineLoader.load(options.forModel(folder), folder));
  }

  private ModelSlot.Loaded reopen(ModelSlot.Loaded before) {
    Path folder = before.info().folder();
    return EngineLoader.load(options.forModel(folder), folder);
  }

  /**
   * Frees the model's memory after the requests under way are done, and returns then. Requests are
   * refused with {@link org.mlcengine.errors.ModelNotLoadedException} until {@link #reload}.
   */
  public void unload() {
    models.empty();
  }

  /**
   * Fails the requests under way with {@link org.mlcengine.errors.EngineClosedException}, frees the
   * model's memory, and returns when that is done. A {@link #reload} under way fails with that as
   * well, once its model is open. Closing again does nothing.
   */
  @Override
  public void close() {
    models.close();
  }

  /** Opens engines. What is not set is inferred from the model and the machine. */
  public static final class Builder {
    private static final Duration LONGEST_IDLE = Duration.ofDays(365);

    @Nullable Path model;
    @Nullable Path modelLib;
    @Nullable Path natives;
    @Nullable Integer threads;
    @Nullable Integer contextWindowSize;
    @Nullable Integer maxNumSequence;
    @Nullable Integer maxTotalSequenceLength;
    @Nullable Integer prefillChunkSize;
    @Nullable Integer prefixCacheMaxSequences;
    @Nullable Path draftModel;
    @Nullable Integer specDraftLength;
    SpeculativeMode speculativeMode = SpeculativeMode.DISABLE;
    @Nullable Duration idleUnload;
    int maxQueue = 1024;
    double memoryUtilization = LimitRequest.DEFAULT_MEMORY_UTILIZATION;
    boolean verifyWeights = true;
    boolean modelChatTemplate;
    EngineMode mode = EngineMode.LOCAL;
    LoadListener loadListener = (phase, done, total) -> {};
    EngineListener listener = new EngineListener() {};

    private Builder() {}

    /**
     * Returns a copy for a model, whose library lies in its folder unless the model is the same.
     */
    Builder forModel(Path folder) {
      Builder copy = new Builder();
      boolean same = model != null && model.toAbsolutePath().equals(folder.toAbsolutePath());
      copy.model = folder;
      copy.modelLib = same ? modelLib : null;
      copy.natives = natives;
      copy.threads = threads;
      copy.contextWindowSize = contextWindowSize;
      copy.maxNumSequence = maxNumSequence;
      copy.maxTotalSequenceLength = maxTotalSequenceLength;
      copy.prefillChunkSize = prefillChunkSize;
      copy.prefixCacheMaxSequences = prefixCacheMaxSequences;
      copy.draftModel = draftModel;
      copy.specDraftLength = specDraftLength;
      copy.speculativeMode = speculativeMode;
      copy.idleUnload = idleUnload;
      copy.maxQueue = maxQueue;
      copy.memoryUtilization = memoryUtilization;
      copy.verifyWeights = verifyWeights;
      copy.modelChatTemplate = modelChatTemplate;
      copy.mode = mode;
      copy.loadListener = loadListener;
      copy.listener = listener;
      return copy;
    }

    /** Sets the model folder: with {@code mlc-chat-config.json}, weights and tokenizer files. */
    public Builder model(Path folder) {
      model = folder;
      return this;
    }

    /** Sets the model library. Default: the one in the model folder that suits this processor. */
    public Builder modelLib(Path library) {
      modelLib = library;
      return this;
    }

    /**
     * Sets the folder with the native libraries. Default: system property {@code mlc.natives.path},
     * environment variable {@code MLC_NATIVES_PATH}, or the natives jar.
     */
    public Builder natives(Path folder) {
      natives = folder;
      return this;
    }

    /** Sets how limits that are not set are inferred. Default: {@link EngineMode#LOCAL}. */
    public Builder mode(EngineMode value) {
      mode = value;
      return this;
    }

    /** Sets how many threads a step uses. Default: the number of processors. */
    public Builder threads(int value) {
      if (value < 1) {
        throw new InvalidRequestException("threads", "expected at least 1, found " + value + ".");
      }
      threads = value;
      return this;
    }

    /** Sets the longest sequence, prompt and reply together, in tokens. */
    public Builder contextWindowSize(int tokens) {
      contextWindowSize = tokens;
      return this;
    }

    /** Sets how many sequences run at once; more wait. */
    public Builder maxNumSequence(int count) {
      maxNumSequence = count;
      return this;
    }

    /** Sets how many tokens the KV cache holds for all sequences together. */
    public Builder maxTotalSequenceLength(int tokens) {
      maxTotalSequenceLength = tokens;
      return this;
    }

    /** Sets how many prompt tokens one step computes. */
    public Builder prefillChunkSize(int tokens) {
      prefillChunkSize = tokens;
      return this;
    }

    /**
     * Sets how many sequences may wait for a place; a request beyond them is refused at once with
     * {@link org.mlcengine.errors.QueueFullException}. A request for embeddings is refused while as
     * many texts wait, and has as many of its own as it likes. Default: 1024.
     */
    public Builder maxQueue(int count) {
      if (count < 0) {
        throw new InvalidRequestException("maxQueue", "expected at least 0, found " + count + ".");
      }
      maxQueue = count;
      return this;
    }

    /**
     * Sets how many prompts of requests that have ended stay in the KV cache while there is room,
     * so that a request that begins alike need not compute that again; 0 shares nothing. Default:
     * as many as run at once, and at least 8.
     */
    public Builder prefixCacheMaxSequences(int count) {
      if (count < 0) {
        throw new InvalidRequestException(
            "prefixCacheMaxSequences", "expected at least 0, found " + count + ".");
      }
      prefixCacheMaxSequences = count;
      return this;
    }

    /**
     * Sets whether the next tokens of replies are guessed, so that one pass can verify several. No
     * reply changes by that. Default: {@link SpeculativeMode#DISABLE}. For language models alone.
     */
    public Builder speculativeMode(SpeculativeMode value) {
      speculativeMode = value;
      return this;
    }

    /**
     * Sets how many tokens of a sequence are guessed at most for one pass, 0 to 16; as many as pay
     * are, by how often guesses were right. 0 leaves that to the engine. Default: 0.
     */
    public Builder specDraftLength(int tokens) {
      if (tokens < 0 || tokens > Draft.MOST_TOKENS) {
        throw new InvalidRequestException(
            "specDraftLength", "expected 0 to %d, found %d.".formatted(Draft.MOST_TOKENS, tokens));
      }
      specDraftLength = tokens;
      return this;
    }

    /**
     * Sets the folder of the model that guesses, for {@link SpeculativeMode#SMALL_DRAFT}: one that
     * is much smaller, with the same tokenizer.
     */
    public Builder draftModel(Path folder) {
      draftModel = folder;
      return this;
    }

    /**
     * Sets after how long without a request the model's memory is freed. The next request loads the
     * model again and waits for that; what cannot be loaded then fails that request, and the one
     * after it tries again. Meanwhile {@link MLCEngine#info} and {@link MLCEngine#metrics} tell of
     * the model as it was. Default: never.
     */
    public Builder idleUnload(Duration after) {
      if (after.isNegative() || after.isZero() || after.compareTo(LONGEST_IDLE) > 0) {
        throw new InvalidRequestException(
            "idleUnload", "expected more than 0 and at most 365 days, found " + after + ".");
      }
      idleUnload = after;
      return this;
    }

    /** Sets the share of the available memory that may be used, above 0 and at most 1. */
    public Builder memoryUtilization(double share) {
      memoryUtilization = share;
      return this;
    }

    /**
     * Sets whether the weights' checksums are verified when a model is opened for the first time,
     * or after its files have changed. Default: true.
     */
    public Builder verifyWeights(boolean value) {
      verifyWeights = value;
      return this;
    }

    /**
     * Sets whether prompts are made by the model's own chat template, which its publisher wrote in
     * Jinja, and not by the conversation template of {@code mlc-chat-config.json}. Default: false,
     * so that it is used only where the config names no template.
     */
    public Builder modelChatTemplate(boolean value) {
      modelChatTemplate = value;
      return this;
    }

    /** Sets who hears how far the loading has come. */
    public Builder loadListener(LoadListener value) {
      loadListener = value;
      return this;
    }

    /** Sets who hears of requests that have ended, for metrics. Default: nobody. */
    public Builder listener(EngineListener value) {
      listener = value;
      return this;
    }

    /**
     * Opens the model; returns when it is ready.
     *
     * @throws org.mlcengine.errors.ModelLoadException if a file of the model is missing or broken
     * @throws org.mlcengine.errors.ModelLibraryMismatchException if the model library does not fit
     *     the weights or this processor
     * @throws org.mlcengine.errors.InsufficientMemoryException if it does not fit into memory
     * @throws org.mlcengine.errors.NativesException if the natives cannot be loaded
     * @throws InvalidRequestException if an option is out of its range
     */
    public MLCEngine build() {
      if (model == null) {
        throw new InvalidRequestException(
            "model", "no model folder was set. Set one with builder().model(path).");
      }
      Builder options = forModel(model);
      return new MLCEngine(options, EngineLoader.load(options, model));
    }
  }
}
