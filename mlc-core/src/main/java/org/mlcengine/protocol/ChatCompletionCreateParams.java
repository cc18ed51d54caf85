package org.mlcengine.protocol;

import java.util.ArrayList;
import java.util.List;

/** A chat request. Immutable; {@link #toBuilder()} gives a changeable copy. */
public final class ChatCompletionCreateParams extends GenerationParams {
  private final List<ChatMessage> messages;

  private ChatCompletionCreateParams(Builder from) {
    super(from);
    messages = Checks.conversation(List.copyOf(from.messages));
  }

  /** Returns a builder without messages. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder with all values of this request. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /** Returns the conversation so far: at least one message, each with text. */
  public List<ChatMessage> messages() {
    return messages;
  }

  /** Makes chat requests. */
  public static final class Builder extends GenerationParams.Builder<Builder> {
    private final List<ChatMessage> messages = new ArrayList<>();

    private Builder() {}

    private Builder(ChatCompletionCreateParams from) {
      super(from);
      messages.addAll(from.messages);
    }

    @Override
    Builder self() {
      return this;
    }

    /** Replaces all messages. */
    public Builder messages(List<ChatMessage> value) {
      List<ChatMessage> copy = List.copyOf(value);
      messages.clear();
      messages.addAll(copy);
      return this;
    }

    /** Appends a message, for instance the one of an earlier reply. */
    public Builder addMessage(ChatMessage message) {
      messages.add(message);
      return this;
    }

    /** Appends a system message; it must be the first message. */
    public Builder addSystemMessage(String content) {
      return addMessage(ChatMessage.system(content));
    }

    /** Appends a user message. */
    public Builder addUserMessage(String content) {
      return addMessage(ChatMessage.user(content));
    }

    /** Appends an assistant message. */
    public Builder addAssistantMessage(String content) {
      return addMessage(ChatMessage.assistant(content));
    }

    /** Sets the same limit as {@link #maxTokens(int)}, under OpenAI's newer name. */
    public Builder maxCompletionTokens(int value) {
      return maxTokens(value);
    }

    /**
     * Makes the request.
     *
     * @throws org.mlcengine.errors.InvalidRequestException if a value is out of its range, there is
     *     no message, a message has no text, or a system message is not the first one; its
     *     parameter is the name in OpenAI's API
     */
    public ChatCompletionCreateParams build() {
      return new ChatCompletionCreateParams(this);
    }
  }
}
