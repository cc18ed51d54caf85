package org.mlcengine.protocol;

import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.InvalidRequestException;

/**
 * A text completion request: the prompt is continued as it is, without a conversation template.
 * Immutable; {@link #toBuilder()} gives a changeable copy.
 */
public final class CompletionCreateParams extends GenerationParams {
  private static final int MAX_LOGPROBS = 5;

  private final @Nullable String prompt;
  private final int @Nullable [] promptTokens;
  private final boolean echo;
  private final @Nullable Integer logprobs;

  private CompletionCreateParams(Builder from) {
    super(from);
    prompt = from.prompt;
    promptTokens = from.promptTokens;
    if (prompt == null && promptTokens == null) {
      throw new InvalidRequestException("prompt", "expected text or token ids, found nothing");
    }
    echo = from.echo;
    logprobs = Checks.inRange("logprobs", from.logprobs, 0, MAX_LOGPROBS);
    if (echo && logprobs != null) {
      throw new InvalidRequestException(
          "echo",
          "expected false with logprobs, found true: how probable the prompt's tokens are is not"
              + " computed, and an echoed prompt would be told with them; leave out echo, and put"
              + " the prompt before the reply's text");
    }
    Checks.format(responseFormat());
    for (int id : promptTokens == null ? new int[0] : promptTokens) {
      if (id < 0) {
        throw new InvalidRequestException("prompt", "expected ids of at least 0, found " + id);
      }
    }
  }

  /** Returns a builder without a prompt. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder with all values of this request. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /** Returns the prompt's text; empty if it was given as token ids. */
  public Optional<String> prompt() {
    return Optional.ofNullable(prompt);
  }

  /** Returns a copy of the prompt's token ids; empty if it was given as text. */
  public Optional<int[]> promptTokens() {
    return Optional.ofNullable(promptTokens).map(int[]::clone);
  }

  /** Returns whether a reply's text begins with the prompt, which excludes {@link #logprobs()}. */
  public boolean echo() {
    return echo;
  }

  /**
   * Returns how many of the likeliest tokens the reply tells for each place, 0 to 5; empty if it
   * does not tell how probable its tokens were.
   */
  public OptionalInt logprobs() {
    return logprobs == null ? OptionalInt.empty() : OptionalInt.of(logprobs);
  }

  /** Makes text completion requests. */
  public static final class Builder extends GenerationParams.Builder<Builder> {
    private @Nullable String prompt;
    private int @Nullable [] promptTokens;
    private boolean echo;
    private @Nullable Integer logprobs;

    private Builder() {}

    private Builder(CompletionCreateParams from) {
      super(from);
      prompt = from.prompt;
      promptTokens = from.promptTokens;
      echo = from.echo;
      logprobs = from.logprobs;
    }

    @Override
    Builder self() {
      return this;
    }

    /** Sets the prompt as text, which the engine tokenizes; replaces token ids. */
    public Builder prompt(String value) {
      prompt = value;
      promptTokens = null;
      return this;
    }

    /** Sets the prompt as token ids, which the model gets as they are; replaces text. */
    public Builder promptTokens(int... value) {
      promptTokens = value.clone();
      prompt = null;
      return this;
    }

    /**
     * Sets whether a reply's text begins with the prompt. Not together with {@link #logprobs(int)}:
     * OpenAI's API would begin the reply's lists with the prompt's tokens, whose probabilities are
     * not computed.
     */
    public Builder echo(boolean value) {
      echo = value;
      return this;
    }

    /**
     * Makes the reply tell how probable its tokens were, and so many of the likeliest ones for each
     * place, 0 to 5. Not together with {@link #echo(boolean)}.
     */
    public Builder logprobs(int value) {
      logprobs = value;
      return this;
    }

    /** Sets the form that a reply has. */
    public Builder responseFormat(ResponseFormat value) {
      format(value);
      return this;
    }

    /**
     * Makes the request.
     *
     * @throws InvalidRequestException if a value is out of its range, there is no prompt, or {@code
     *     echo} stands beside {@code logprobs}; its parameter is the name in OpenAI's API
     */
    public CompletionCreateParams build() {
      return new CompletionCreateParams(this);
    }
  }
}
