package org.mlcengine.protocol;

import java.util.List;
import java.util.Optional;

/**
 * One message of a conversation, asked or answered: a reply's message can be added to the next
 * request as it is.
 *
 * @param role who speaks
 * @param parts the content's texts, in order: none where JSON has no content, one for a string,
 *     several for a list of parts, which a conversation template may treat separately
 * @param name tells speakers of one role apart
 * @param toolCalls what an assistant message asks to call
 * @param toolCallId which call a tool message answers
 */
public record ChatMessage(
    Role role,
    List<String> parts,
    Optional<String> name,
    List<ToolCall> toolCalls,
    Optional<String> toolCallId) {

  /** Copies the lists. */
  public ChatMessage {
    parts = List.copyOf(parts);
    toolCalls = List.copyOf(toolCalls);
  }

  /** Creates a message with text. */
  public ChatMessage(Role role, String content) {
    this(role, List.of(content), Optional.empty(), List.of(), Optional.empty());
  }

  /** Creates a message with or without text. */
  public ChatMessage(Role role, Optional<String> content) {
    this(role, content.stream().toList(), Optional.empty(), List.of(), Optional.empty());
  }

  /** Creates a system message. An empty text switches the template's own system text off. */
  public static ChatMessage system(String content) {
    return new ChatMessage(Role.SYSTEM, content);
  }

  /** Creates a user message. */
  public static ChatMessage user(String content) {
    return new ChatMessage(Role.USER, content);
  }

  /** Creates a user message of several texts, which a conversation template may treat apart. */
  public static ChatMessage user(List<String> parts) {
    return new ChatMessage(Role.USER, parts, Optional.empty(), List.of(), Optional.empty());
  }

  /** Creates an assistant message, an earlier reply of the model. */
  public static ChatMessage assistant(String content) {
    return new ChatMessage(Role.ASSISTANT, content);
  }

  /** Creates an assistant message that calls functions, with text beside the calls if any. */
  public static ChatMessage assistant(Optional<String> content, List<ToolCall> toolCalls) {
    return new ChatMessage(
        Role.ASSISTANT, content.stream().toList(), Optional.empty(), toolCalls, Optional.empty());
  }

  /** Creates the answer to a call that an earlier assistant message asked for. */
  public static ChatMessage tool(String toolCallId, String content) {
    return new ChatMessage(
        Role.TOOL, List.of(content), Optional.empty(), List.of(), Optional.of(toolCallId));
  }

  /** Returns the parts, joined without anything between them; empty if there is no content. */
  public Optional<String> content() {
    return parts.isEmpty() ? Optional.empty() : Optional.of(String.join("", parts));
  }

  /** Returns the same message with a name for the speaker. */
  public ChatMessage withName(String value) {
    return new ChatMessage(role, parts, Optional.of(value), toolCalls, toolCallId);
  }
}
