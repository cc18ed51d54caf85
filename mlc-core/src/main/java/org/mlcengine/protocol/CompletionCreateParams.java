package org.mlcengine.protocol;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.InvalidRequestException;

/**
 * A text completion request: the prompt is continued as it is, without a conversation template.
 * Immutable; {@link #toBuilder()} gives a changeable copy.
 */
public final class CompletionCreateParams extends GenerationParams {
  private final @Nullable String prompt;
  private final int @Nullable [] promptTokens;

  private CompletionCreateParams(Builder from) {
    super(from);
    prompt = from.prompt;
    promptTokens = from.promptTokens;
    if (prompt == null && promptTokens == null) {
      throw new InvalidRequestException("prompt", "expected text or token ids, found nothing");
    }
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

  /** Makes text completion requests. */
  public static final class Builder extends GenerationParams.Builder<Builder> {
    private @Nullable String prompt;
    private int @Nullable [] promptTokens;

    private Builder() {}

    private Builder(CompletionCreateParams from) {
      super(from);
      prompt = from.prompt;
      promptTokens = from.promptTokens;
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
     * Makes the request.
     *
     * @throws InvalidRequestException if a value is out of its range or there is no prompt; its
     *     parameter is the name in OpenAI's API
     */
    public CompletionCreateParams build() {
      return new CompletionCreateParams(this);
    }
  }
}
