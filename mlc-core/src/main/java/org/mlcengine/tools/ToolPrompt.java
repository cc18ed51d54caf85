package org.mlcengine.tools;

import java.util.List;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.protocol.Tool;

/**
 * What a prompt template is given for a request with tools.
 *
 * @param messages the conversation; calls, results and descriptions of functions that the template
 *     has no place for are part of its texts
 * @param tools the functions that the template itself describes to the model
 */
public record ToolPrompt(List<ChatMessage> messages, List<Tool> tools) {
  /** Copies the lists. */
  public ToolPrompt {
    messages = List.copyOf(messages);
    tools = List.copyOf(tools);
  }
}
