package org.mlcengine.protocol;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A chat request. Immutable; {@link #toBuilder()} gives a changeable copy. */
public final class ChatCompletionCreateParams extends GenerationParams {
  private final List<ChatMessage> messages;
  private final boolean logprobs;
  private final @Nullable Integer topLogprobs;
  private final List<Tool> tools;
  private final @Nullable ToolChoice toolChoice;
  private final @Nullable Boolean parallelToolCalls;

  ChatCompletionCreateParams(ChatParamsBuilder<?> from) {
    super(from);
    messages = ConversationChecks.messages(List.copyOf(from.messages));
    logprobs = from.logprobs;
    topLogprobs = Checks.topLogprobs(from.topLogprobs, logprobs);
    tools = ConversationChecks.tools(List.copyOf(from.tools));
    toolChoice = ConversationChecks.toolChoice(from.toolChoice, tools);
    parallelToolCalls = from.parallelToolCalls;
    Checks.format(responseFormat());
  }

  /** Returns a builder without messages. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder with all values of this request. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /** Returns the conversation so far: at least one message. */
  public List<ChatMessage> messages() {
    return messages;
  }

  /** Returns whether the reply tells how probable its tokens were. */
  public boolean logprobs() {
    return logprobs;
  }

  /** Returns how many of the likeliest tokens the reply tells for each place, 0 to 20. */
  public int topLogprobs() {
    return topLogprobs == null ? 0 : topLogprobs;
  }

  /** Returns what the model may call; names are unique. */
  public List<Tool> tools() {
    return tools;
  }

  /**
   * Returns whether the model calls functions: what was set, otherwise none without tools and auto
   * with tools. A named one is among the tools.
   */
  public ToolChoice toolChoice() {
    if (toolChoice != null) {
      return toolChoice;
    }
    return tools.isEmpty() ? ToolChoice.none() : ToolChoice.auto();
  }

  /** Returns whether a reply may call several functions; true unless it was set. */
  public boolean parallelToolCalls() {
    return parallelToolCalls == null || parallelToolCalls;
  }

  Optional<Integer> topLogprobsGiven() {
    return Optional.ofNullable(topLogprobs);
  }

  Optional<ToolChoice> toolChoiceGiven() {
    return Optional.ofNullable(toolChoice);
  }

  Optional<Boolean> parallelToolCallsGiven() {
    return Optional.ofNullable(parallelToolCalls);
  }

  /** Makes chat requests. */
  public static final class Builder extends ChatParamsBuilder<Builder> {
    private Builder() {}

    private Builder(ChatCompletionCreateParams from) {
      super(from);
    }

    @Override
    Builder self() {
      return this;
    }

    /** Sets the form that a reply has. */
    public Builder responseFormat(ResponseFormat value) {
      format(value);
      return this;
    }

    /**
     * Makes the reply a value of a record class, from whose components its JSON Schema is derived.
     *
     * <p>Components may be strings, numbers, booleans, enums, {@code LocalDate}, {@code Instant},
     * {@code OffsetDateTime}, {@code UUID}, other records, and lists, sets, arrays, maps with
     * string keys and optionals of these. All are required; what is {@code @Nullable} or an
     * optional may be null in JSON. {@code @JsonProperty} names a component or an enum constant,
     * {@code @JsonPropertyDescription} describes a component, {@code @JsonClassDescription} a
     * record.
     *
     * @throws org.mlcengine.errors.InvalidRequestException if the class is no record, a component
     *     has another type (the message has its path), or the class's package is not open to this
     *     module
     */
    public <T> StructuredChatCompletionCreateParams.Builder<T> responseFormat(Class<T> type) {
      return new StructuredChatCompletionCreateParams.Builder<>(this, RecordSchema.of(type));
    }

    /**
     * Makes the request.
     *
     * @throws org.mlcengine.errors.InvalidRequestException if a value is out of its range or does
     *     not fit another one; its parameter is the path in OpenAI's API, for instance {@code
     *     messages[1].role}
     */
    public ChatCompletionCreateParams build() {
      return new ChatCompletionCreateParams(this);
    }
  }
}
