package org.mlcengine.conversation;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.protocol.Role;

/** Renders a conversation as MLC's {@code Conversation.as_prompt} does, for messages of text. */
final class PromptText {
  static final String FUNCTION = "{function_string}";
  private static final String END_OF_REASONING = "</think>";

  private PromptText() {}

  static String of(Conversation template, List<ChatMessage> request) {
    boolean ownSystem = !request.isEmpty() && request.getFirst().role() == Role.SYSTEM;
    List<ChatMessage> messages = new ArrayList<>(template.messages());
    for (int i = ownSystem ? 1 : 0; i < request.size(); i++) {
      requireRole(template, request.get(i).role(), i);
      messages.add(request.get(i));
    }
    messages.add(new ChatMessage(Role.ASSISTANT, Optional.empty()));

    String systemText =
        ownSystem ? request.getFirst().content().orElse("") : template.systemMessage();
    StringBuilder text =
        new StringBuilder(template.systemTemplate().replace("{system_message}", systemText));
    boolean skipFirstRole = !text.isEmpty() && !template.addRoleAfterSystemMessage();
    int lastUser = lastUser(messages);
    for (int i = 0; i < messages.size(); i++) {
      ChatMessage message = messages.get(i);
      if (i < lastUser && template.stripReasoningInHistory()) {
        message = withoutReasoning(message);
      }
      append(text, template, message, skipFirstRole && i == 0);
    }
    return insertFunctions(text.toString(), template.functionString());
  }

  private static void append(
      StringBuilder text, Conversation template, ChatMessage message, boolean skipRole) {
    Role role = message.role();
    String roleName = template.roles().getOrDefault(role, "");
    if (message.parts().isEmpty()) {
      text.append(roleName).append(template.roleEmptySeparator());
      return;
    }
    if (!skipRole) {
      text.append(roleName).append(template.roleContentSeparator());
    }
    String placeholder = ConversationJson.placeholder(role);
    String around = template.roleTemplates().getOrDefault(role, placeholder);
    for (String part : message.parts()) {
      text.append(around.replace(placeholder, part));
    }
    text.append(role == Role.ASSISTANT ? template.assistantSeparator() : template.separator());
  }

  private static void requireRole(Conversation template, Role role, int index) {
    if (!template.roles().containsKey(role)) {
      String known =
          template.roles().keySet().stream()
              .sorted()
              .map(Role::value)
              .collect(Collectors.joining(", "));
      throw new InvalidRequestException(
          "messages[" + index + "].role",
          "expected a role of the model's conversation template '%s' (%s%s), found %s"
              .formatted(template.name(), index == 0 ? "system, " : "", known, role.value()));
    }
  }

  private static int lastUser(List<ChatMessage> messages) {
    int last = messages.size() - 1;
    while (last >= 0 && messages.get(last).role() != Role.USER) {
      last--;
    }
    return last;
  }

  private static ChatMessage withoutReasoning(ChatMessage message) {
    List<String> parts = message.parts();
    int last = parts.size() - 1;
    while (last >= 0 && !parts.get(last).contains(END_OF_REASONING)) {
      last--;
    }
    if (message.role() != Role.ASSISTANT || last < 0) {
      return message;
    }
    String part = parts.get(last);
    int start = part.lastIndexOf(END_OF_REASONING) + END_OF_REASONING.length();
    while (start < part.length() && part.charAt(start) == '\n') {
      start++;
    }
    List<String> kept = new ArrayList<>(parts.subList(last, parts.size()));
    kept.set(0, part.substring(start));
    return new ChatMessage(
        message.role(), kept, message.name(), message.toolCalls(), message.toolCallId());
  }

  private static String insertFunctions(String text, String functions) {
    int last = text.lastIndexOf(FUNCTION);
    if (last < 0) {
      return text;
    }
    String inserted =
        text.substring(0, last) + functions + text.substring(last + FUNCTION.length());
    return inserted.replace(FUNCTION, "");
  }
}
