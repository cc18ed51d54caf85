package org.mlcengine;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.model.LimitRequest;
import org.mlcengine.model.ModelConfig;
import org.mlcengine.natives.Natives;

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
  private final EngineInfo info;
  private final Service service;

  MLCEngine(EngineInfo info, Service service) {
    this.info = info;
    this.service = service;
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

  /**
   * Returns the chat part of the API.
   *
   * @throws InvalidRequestException if the model is no language model
   */
  public Chat chat() {
    return service.chat();
  }

  /**
   * Returns the text completions of the API.
   *
   * @throws InvalidRequestException if the model is no language model
   */
  public Completions completions() {
    return service.completions();
  }

  /**
   * Returns the embeddings of the API.
   *
   * @throws InvalidRequestException if the model makes none
   */
  public Embeddings embeddings() {
    return service.embeddings();
  }

  /** Returns facts of the loaded model and the limits that are in force. */
  public EngineInfo info() {
    return info;
  }

  /** Returns what this engine's steps have taken so far. */
  public EngineMetrics metrics() {
    return service.metrics();
  }

  /**
   * Fails the requests under way with {@link org.mlcengine.errors.EngineClosedException}, frees the
   * model's memory, and returns when that is done. Closing again does nothing.
   */
  @Override
  public void close() {
    service.close();
  }

  /** Opens engines. What is not set is inferred from the model and the machine. */
  public static final class Builder {
    @Nullable Path model;
    @Nullable Path modelLib;
    @Nullable Path natives;
    @Nullable Integer threads;
    @Nullable Integer contextWindowSize;
    @Nullable Integer maxNumSequence;
    @Nullable Integer maxTotalSequenceLength;
    @Nullable Integer prefillChunkSize;
    @Nullable Integer prefixCacheMaxSequences;
    int maxQueue = 1024;
    double memoryUtilization = LimitRequest.DEFAULT_MEMORY_UTILIZATION;
    boolean verifyWeights = true;
    boolean modelChatTemplate;
    EngineMode mode = EngineMode.LOCAL;
    LoadListener loadListener = (phase, done, total) -> {};

    private Builder() {}

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
     * {@link org.mlcengine.errors.QueueFullException}. Default: 1024.
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
    public Builder loadListener(LoadListener listener) {
      loadListener = listener;
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
      return EngineLoader.load(this, model);
    }
  }
}
