package org.mlcengine.protocol;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What chat and text completions have in common: how tokens are drawn and what ends a reply. An
 * empty value means the model's default. Immutable.
 */
public abstract sealed class GenerationParams
    permits ChatCompletionCreateParams, CompletionCreateParams {
  static final int MAX_N = 128;

  private final @Nullable String model;
  private final @Nullable Double temperature;
  private final @Nullable Double topP;
  private final @Nullable Integer topK;
  private final @Nullable Double minP;
  private final @Nullable Double presencePenalty;
  private final @Nullable Double frequencyPenalty;
  private final @Nullable Double repetitionPenalty;
  private final Map<Integer, Double> logitBias;
  private final @Nullable Long seed;
  private final @Nullable Integer maxTokens;
  private final List<String> stop;
  private final int n;
  private final @Nullable ResponseFormat responseFormat;
  private final @Nullable String user;
  private final @Nullable String cacheSalt;
  private final int priority;
  private final @Nullable Duration timeout;
  private final boolean stream;
  private final boolean includeUsage;
  private final boolean ignoreEos;

  GenerationParams(Builder<?> from) {
    model = from.model;
    temperature = Checks.inRange("temperature", from.temperature, 0, Double.POSITIVE_INFINITY);
    topP = Checks.inRange("top_p", from.topP, 0, 1);
    topK = Checks.topK(from.topK);
    minP = Checks.inRange("min_p", from.minP, 0, 1);
    presencePenalty = Checks.inRange("presence_penalty", from.presencePenalty, -2, 2);
    frequencyPenalty = Checks.inRange("frequency_penalty", from.frequencyPenalty, -2, 2);
    repetitionPenalty = Checks.positive("repetition_penalty", from.repetitionPenalty);
    logitBias = Collections.unmodifiableMap(Checks.bias(new TreeMap<>(from.logitBias)));
    seed = from.seed;
    maxTokens = Checks.atLeastOne("max_tokens", from.maxTokens);
    stop = Checks.notEmpty("stop", List.copyOf(from.stop));
    n = Checks.inRange("n", from.n, 1, MAX_N);
    responseFormat = from.responseFormat;
    user = from.user;
    cacheSalt = from.cacheSalt;
    priority = from.priority;
    timeout = Checks.positive("timeout_s", from.timeout);
    stream = from.stream || from.includeUsage;
    includeUsage = from.includeUsage;
    ignoreEos = from.ignoreEos;
  }

  /** Returns the model's name, which the reply repeats. */
  public final Optional<String> model() {
    return Optional.ofNullable(model);
  }

  /** Returns the temperature, at least 0; 0 takes the most probable token. */
  public final OptionalDouble temperature() {
    return optional(temperature);
  }

  /** Returns the probability mass to draw from, 0 to 1. */
  public final OptionalDouble topP() {
    return optional(topP);
  }

  /** Returns how many of the likeliest tokens to draw from; 0 means all. An extension. */
  public final OptionalInt topK() {
    return topK == null ? OptionalInt.empty() : OptionalInt.of(topK);
  }

  /**
   * Returns how probable a token must be to be drawn, as a part of the likeliest one's probability,
   * 0 to 1. An extension.
   */
  public final OptionalDouble minP() {
    return optional(minP);
  }

  /** Returns what is taken from the logit of each token that was generated before, -2 to 2. */
  public final OptionalDouble presencePenalty() {
    return optional(presencePenalty);
  }

  /** Returns what is taken from a token's logit each time that it was generated, -2 to 2. */
  public final OptionalDouble frequencyPenalty() {
    return optional(frequencyPenalty);
  }

  /** Returns the factor that weakens generated tokens, above 0; MLC's extension. */
  public final OptionalDouble repetitionPenalty() {
    return optional(repetitionPenalty);
  }

  /** Returns what is added to the logits of single token ids, each -100 to 100; in id order. */
  public final Map<Integer, Double> logitBias() {
    return logitBias;
  }

  /** Returns the seed of the draw; without one, each request draws differently. */
  public final OptionalLong seed() {
    return seed == null ? OptionalLong.empty() : OptionalLong.of(seed);
  }

  /** Returns the most tokens that a reply may have; without it, the context is the limit. */
  public final OptionalInt maxTokens() {
    return maxTokens == null ? OptionalInt.empty() : OptionalInt.of(maxTokens);
  }

  /** Returns the strings that end a reply, without being part of it. */
  public final List<String> stop() {
    return stop;
  }

  /** Returns how many replies are wanted, 1 to 128. */
  public final int n() {
    return n;
  }

  /** Returns the form that a reply has; without it, any text. */
  public final Optional<ResponseFormat> responseFormat() {
    return Optional.ofNullable(responseFormat);
  }

  /**
   * Returns who the request is made for. Users share the engine evenly where not all can run, and
   * one user's prompts are not reused for another's, unless {@link #cacheSalt} says otherwise.
   */
  public final Optional<String> user() {
    return Optional.ofNullable(user);
  }

  /**
   * Returns the key under which computed prompts are reused: only requests of equal keys share. By
   * default, the user. An extension.
   */
  public final Optional<String> cacheSalt() {
    return Optional.ofNullable(cacheSalt);
  }

  /** Returns who goes first where not all can run: the larger, the earlier. An extension. */
  public final int priority() {
    return priority;
  }

  /** Returns how long the reply may take, waiting included; without it, any time. An extension. */
  public final Optional<Duration> timeout() {
    return Optional.ofNullable(timeout);
  }

  /**
   * Returns whether a server is to send the reply in pieces. In Java, the method that is called
   * decides.
   */
  public final boolean stream() {
    return stream;
  }

  /** Returns whether a stream ends with a chunk that carries the usage. */
  public final boolean includeUsage() {
    return includeUsage;
  }

  /** Returns whether stop strings and stop tokens are disregarded, for measurements. */
  public final boolean ignoreEos() {
    return ignoreEos;
  }

  private static OptionalDouble optional(@Nullable Double value) {
    return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
  }

  /**
   * Sets what chat and text completions have in common. Ranges are checked by {@code build}.
   *
   * @param <B> the builder itself
   */
  public abstract static sealed class Builder<B extends Builder<B>>
      permits ChatParamsBuilder, CompletionCreateParams.Builder {
    private @Nullable String model;
    private @Nullable Double temperature;
    private @Nullable Double topP;
    private @Nullable Integer topK;
    private @Nullable Double minP;
    private @Nullable Double presencePenalty;
    private @Nullable Double frequencyPenalty;
    private @Nullable Double repetitionPenalty;
    private Map<Integer, Double> logitBias = Map.of();
    private @Nullable Long seed;
    private @Nullable Integer maxTokens;
    private List<String> stop = List.of();
    private int n = 1;
    private @Nullable ResponseFormat responseFormat;
    private @Nullable String user;
    private @Nullable String cacheSalt;
    private int priority;
    private @Nullable Duration timeout;
    private boolean stream;
    private boolean includeUsage;
    private boolean ignoreEos;

    Builder() {}

    Builder(GenerationParams from) {
      model = from.model;
      temperature = from.temperature;
      topP = from.topP;
      topK = from.topK;
      minP = from.minP;
      presencePenalty = from.presencePenalty;
      frequencyPenalty = from.frequencyPenalty;
      repetitionPenalty = from.repetitionPenalty;
      logitBias = from.logitBias;
      seed = from.seed;
      maxTokens = from.maxTokens;
      stop = from.stop;
      n = from.n;
      responseFormat = from.responseFormat;
      user = from.user;
      cacheSalt = from.cacheSalt;
      priority = from.priority;
      timeout = from.timeout;
      stream = from.stream;
      includeUsage = from.includeUsage;
      ignoreEos = from.ignoreEos;
    }

    Builder(Builder<?> from) {
      model = from.model;
      temperature = from.temperature;
      topP = from.topP;
      topK = from.topK;
      minP = from.minP;
      presencePenalty = from.presencePenalty;
      frequencyPenalty = from.frequencyPenalty;
      repetitionPenalty = from.repetitionPenalty;
      logitBias = from.logitBias;
      seed = from.seed;
      maxTokens = from.maxTokens;
      stop = from.stop;
      n = from.n;
      responseFormat = from.responseFormat;
      user = from.user;
      cacheSalt = from.cacheSalt;
      priority = from.priority;
      timeout = from.timeout;
      stream = from.stream;
      includeUsage = from.includeUsage;
      ignoreEos = from.ignoreEos;
    }

    abstract B self();

    final void format(ResponseFormat value) {
      responseFormat = value;
    }

    /** Sets the model's name, which the reply repeats. */
    public final B model(String value) {
      model = value;
      return self();
    }

    /** Sets the temperature, at least 0; 0 takes the most probable token. */
    public final B temperature(double value) {
      temperature = value;
      return self();
    }

    /** Sets the probability mass to draw from, 0 to 1. */
    public final B topP(double value) {
      topP = value;
      return self();
    }

    /** Sets how many of the likeliest tokens to draw from; 0 and -1 mean all. */
    public final B topK(int value) {
      topK = value;
      return self();
    }

    /**
     * Sets how probable a token must be to be drawn, as a part of the likeliest one's probability,
     * 0 to 1.
     */
    public final B minP(double value) {
      minP = value;
      return self();
    }

    /** Sets what is taken from the logit of each token that was generated before, -2 to 2. */
    public final B presencePenalty(double value) {
      presencePenalty = value;
      return self();
    }

    /** Sets what is taken from a token's logit each time that it was generated, -2 to 2. */
    public final B frequencyPenalty(double value) {
      frequencyPenalty = value;
      return self();
    }

    /** Sets the factor that weakens generated tokens, above 0; 1 changes nothing. */
    public final B repetitionPenalty(double value) {
      repetitionPenalty = value;
      return self();
    }

    /** Sets what is added to the logits of single token ids, each -100 to 100. */
    public final B logitBias(Map<Integer, Double> value) {
      logitBias = Map.copyOf(value);
      return self();
    }

    /** Sets the seed of the draw. */
    public final B seed(long value) {
      seed = value;
      return self();
    }

    /** Sets the most tokens that a reply may have, at least 1. */
    public final B maxTokens(int value) {
      maxTokens = value;
      return self();
    }

    /** Sets the strings that end a reply; none may be empty. */
    public final B stop(List<String> value) {
      stop = new ArrayList<>(value);
      return self();
    }

    /** Sets the strings that end a reply; none may be empty. */
    public final B stop(String... value) {
      return stop(List.of(value));
    }

    /** Sets how many replies are wanted, 1 to 128. */
    public final B n(int value) {
      n = value;
      return self();
    }

    /**
     * Sets who the request is made for. Users share the engine evenly where not all can run, and
     * one user's prompts are not reused for another's, unless {@link #cacheSalt} says otherwise.
     */
    public final B user(String value) {
      user = value;
      return self();
    }

    /** Sets the key under which computed prompts are reused: only requests of equal keys share. */
    public final B cacheSalt(String value) {
      cacheSalt = value;
      return self();
    }

    /** Sets who goes first where not all can run: the larger, the earlier. Default: 0. */
    public final B priority(int value) {
      priority = value;
      return self();
    }

    /**
     * Sets how long the reply may take, waiting included. Then its work is stopped and the request
     * fails with {@link org.mlcengine.errors.RequestTimeoutException}.
     */
    public final B timeout(Duration value) {
      timeout = value;
      return self();
    }

    /**
     * Sets whether a server is to send the reply in pieces. In Java, the method that is called
     * decides.
     */
    public final B stream(boolean value) {
      stream = value;
      return self();
    }

    /** Sets whether a stream ends with a chunk that carries the usage; asks for a stream, too. */
    public final B includeUsage(boolean value) {
      includeUsage = value;
      return self();
    }

    /** Sets whether stop strings and stop tokens are disregarded, for measurements. */
    public final B ignoreEos(boolean value) {
      ignoreEos = value;
      return self();
    }
  }
}
