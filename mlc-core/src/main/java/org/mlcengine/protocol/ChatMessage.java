package org.mlcengine.protocol;

import java.util.Optional;

/**
 * One message of a conversation, asked or answered: a reply's message can be added to the next
 * request as it is.
 *
 * @param role who speaks
 * @param content the text; a request needs it, though it may be the empty string
 */
public record ChatMessage(Role role, Optional<String> content) {
  /** Creates a message with text. */
  public ChatMessage(Role role, String content) {
    this(role, Optional.of(content));
  }

  /** Creates a system message. An empty text switches the template's own system text off. */
  public static ChatMessage system(String content) {
    return new ChatMessage(Role.SYSTEM, content);
  }

  /** Creates a user message. */
  public static ChatMessage user(String content) {
    return new ChatMessage(Role.USER, content);
  }

  /** Creates an assistant message, an earlier reply of the model. */
  public static ChatMessage assistant(String content) {
    return new ChatMessage(Role.ASSISTANT, content);
  }
}
