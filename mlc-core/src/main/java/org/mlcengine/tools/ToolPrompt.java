package org.mlcengine.tools;

import java.util.List;
import java.util.Optional;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.protocol.Tool;

/**
 * What a prompt template is given for a request with tools.
 *
 * @param messages the conversation; calls, results and descriptions of functions that the template
 *     has no place for are part of its texts
 * @param tools the functions that the template itself describes to the model
 * @param functions what takes the place of {@code {function_string}} in an MLC conversation
 *     template, instead of the text that it writes of {@code tools}, which then are none
 */
public record ToolPrompt(List<ChatMessage> messages, List<Tool> tools, Optional<String> functions) {
  /** Copies the lists. */
  public ToolPrompt {
    messages = List.copyOf(messages);
    tools = List.copyOf(tools);
  }

  /** Leaves the text of the functions to the template. */
  public ToolPrompt(List<ChatMessage> messages, List<Tool> tools) {
    this(messages, tools, Optional.empty());
  }
}
