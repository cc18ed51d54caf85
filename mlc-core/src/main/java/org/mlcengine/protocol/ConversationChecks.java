package org.mlcengine.protocol;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.InvalidRequestException;

/** What the messages and tools of a chat request have to do with each other. */
final class ConversationChecks {
  private ConversationChecks() {}

  static List<ChatMessage> messages(List<ChatMessage> messages) {
    if (messages.isEmpty()) {
      throw new InvalidRequestException("messages", "expected at least one message, found none");
    }
    Set<String> asked = new HashSet<>();
    for (int i = 0; i < messages.size(); i++) {
      String path = "messages[" + i + "]";
      ChatMessage message = messages.get(i);
      if (message.role() == Role.SYSTEM && i > 0) {
        throw new InvalidRequestException(
            path + ".role",
            "expected a system message only as the first message, found it after %d others"
                    .formatted(i)
                + "; put all instructions into one system message at the front");
      }
      content(path, message);
      asked.addAll(toolCalls(path, message));
      toolCallId(path, message, asked);
    }
    return messages;
  }

  static List<Tool> tools(List<Tool> tools) {
    Set<String> names = new HashSet<>();
    for (int i = 0; i < tools.size(); i++) {
      String path = "tools[" + i + "].function.name";
      String name = tools.get(i).function().name();
      Checks.name(path, name);
      if (!names.add(name)) {
        throw new InvalidRequestException(
            path, "expected each name once, found \"" + name + "\" again; rename one");
      }
    }
    return tools;
  }

  static @Nullable ToolChoice toolChoice(@Nullable ToolChoice choice, List<Tool> tools) {
    List<String> names = tools.stream().map(tool -> tool.function().name()).toList();
    if (choice instanceof ToolChoice.Required && names.isEmpty()) {
      throw new InvalidRequestException(
          "tool_choice", "expected tools to choose from, found none; add tools, or leave it out");
    }
    if (choice instanceof ToolChoice.Named(String name) && !names.contains(name)) {
      throw new InvalidRequestException(
          "tool_choice.function.name",
          "expected the name of one of the tools, %s, found \"%s\"".formatted(names, name));
    }
    return choice;
  }

  private static void content(String path, ChatMessage message) {
    if (message.parts().isEmpty()
        && (message.role() != Role.ASSISTANT || message.toolCalls().isEmpty())) {
      throw new InvalidRequestException(
          path + ".content",
          "expected text"
              + (message.role() == Role.ASSISTANT ? " or tool_calls" : "")
              + ", found nothing");
    }
  }

  private static Set<String> toolCalls(String path, ChatMessage message) {
    if (message.role() != Role.ASSISTANT && !message.toolCalls().isEmpty()) {
      throw new InvalidRequestException(
          path + ".tool_calls",
          "expected calls only in assistant messages, found them in a message of the role "
              + message.role().value()
              + "; leave them out");
    }
    Set<String> ids = new HashSet<>();
    for (ToolCall call : message.toolCalls()) {
      String callPath = path + ".tool_calls[" + ids.size() + "]";
      if (call.id().isEmpty() || !ids.add(call.id())) {
        throw new InvalidRequestException(
            callPath + ".id",
            "expected an id that no other call of the message has, found \"" + call.id() + "\"");
      }
      if (call.function().name().isEmpty()) {
        throw new InvalidRequestException(
            callPath + ".function.name", "expected the name of a function, found none");
      }
    }
    return ids;
  }

  private static void toolCallId(String path, ChatMessage message, Set<String> asked) {
    String id = message.toolCallId().orElse(null);
    if (message.role() != Role.TOOL) {
      if (id != null) {
        throw new InvalidRequestException(
            path + ".tool_call_id",
            "expected it only in tool messages, found it in a message of the role "
                + message.role().value()
                + "; leave it out");
      }
    } else if (id == null || !asked.contains(id)) {
      throw new InvalidRequestException(
          path + ".tool_call_id",
          "expected the id of a call in the tool_calls of an earlier assistant message, found "
              + (id == null ? "nothing" : "\"" + id + "\"; add that message"));
    }
  }
}
