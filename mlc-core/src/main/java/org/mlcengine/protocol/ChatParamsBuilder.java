package org.mlcengine.protocol;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sets the values of chat requests. Ranges, and what the values have to do with each other, are
 * checked by {@code build}.
 *
 * @param <B> the builder itself
 */
public abstract sealed class ChatParamsBuilder<B extends ChatParamsBuilder<B>>
    extends GenerationParams.Builder<B>
    permits ChatCompletionCreateParams.Builder, StructuredChatCompletionCreateParams.Builder {
  final List<ChatMessage> messages = new ArrayList<>();
  boolean logprobs;
  @Nullable Integer topLogprobs;
  List<Tool> tools = new ArrayList<>();
  @Nullable ToolChoice toolChoice;
  @Nullable Boolean parallelToolCalls;

  ChatParamsBuilder() {}

  ChatParamsBuilder(ChatCompletionCreateParams from) {
    super(from);
    messages.addAll(from.messages());
    logprobs = from.logprobs();
    topLogprobs = from.topLogprobsGiven().orElse(null);
    tools.addAll(from.tools());
    toolChoice = from.toolChoiceGiven().orElse(null);
    parallelToolCalls = from.parallelToolCallsGiven().orElse(null);
  }

  ChatParamsBuilder(ChatParamsBuilder<?> from) {
    super(from);
    messages.addAll(from.messages);
    logprobs = from.logprobs;
    topLogprobs = from.topLogprobs;
    tools.addAll(from.tools);
    toolChoice = from.toolChoice;
    parallelToolCalls = from.parallelToolCalls;
  }

  /** Replaces all messages. */
  public final B messages(List<ChatMessage> value) {
    List<ChatMessage> copy = List.copyOf(value);
    messages.clear();
    messages.addAll(copy);
    return self();
  }

  /** Appends a message, for instance the one of an earlier reply. */
  public final B addMessage(ChatMessage message) {
    messages.add(message);
    return self();
  }

  /** Appends a system message; it must be the first message. */
  public final B addSystemMessage(String content) {
    return addMessage(ChatMessage.system(content));
  }

  /** Appends a user message. */
  public final B addUserMessage(String content) {
    return addMessage(ChatMessage.user(content));
  }

  /** Appends an assistant message. */
  public final B addAssistantMessage(String content) {
    return addMessage(ChatMessage.assistant(content));
  }

  /** Appends the answer to a call of an earlier assistant message. */
  public final B addToolMessage(String toolCallId, String content) {
    return addMessage(ChatMessage.tool(toolCallId, content));
  }

  /** Sets the same limit as {@link #maxTokens(int)}, under OpenAI's newer name. */
  public final B maxCompletionTokens(int value) {
    return maxTokens(value);
  }

  /** Sets whether the reply tells how probable its tokens were. */
  public final B logprobs(boolean value) {
    logprobs = value;
    return self();
  }

  /**
   * Sets how many of the likeliest tokens the reply tells for each place, 0 to 20; it needs {@link
   * #logprobs(boolean)}.
   */
  public final B topLogprobs(int value) {
    topLogprobs = value;
    return self();
  }

  /** Replaces what the model may call. */
  public final B tools(List<Tool> value) {
    tools = new ArrayList<>(value);
    return self();
  }

  /** Adds something that the model may call; its name is new. */
  public final B addTool(Tool value) {
    tools.add(value);
    return self();
  }

  /** Sets whether the model calls functions; a named one is among the tools. */
  public final B toolChoice(ToolChoice value) {
    toolChoice = value;
    return self();
  }

  /** Sets whether a reply may call several functions. */
  public final B parallelToolCalls(boolean value) {
    parallelToolCalls = value;
    return self();
  }
}
