package org.mlcengine;

import java.util.ArrayList;
import java.util.List;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.protocol.ToolCall;

/** What may come after a reply. */
final class NextTurn {
  private NextTurn() {}

  /** Returns a request that goes on with a conversation, whose new messages have that text. */
  static ChatCompletionCreateParams of(
      ChatCompletionCreateParams params, ChatMessage reply, String text) {
    List<ChatMessage> messages = new ArrayList<>(params.messages());
    messages.add(reply);
    for (ToolCall call : reply.toolCalls()) {
      messages.add(ChatMessage.tool(call.id(), text));
    }
    if (reply.toolCalls().isEmpty()) {
      messages.add(ChatMessage.user(text));
    }
    return params.toBuilder().messages(messages).build();
  }
}
