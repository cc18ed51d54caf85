package org.mlcengine.tools;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.protocol.Role;
import org.mlcengine.protocol.Tool;
import org.mlcengine.protocol.ToolCall;

/** Turns calls, results and descriptions of functions into messages that a template can render. */
final class MessageTexts {
  private final ToolFamily family;
  private final TemplateFacts template;

  MessageTexts(ToolFamily family, TemplateFacts template) {
    this.family = family;
    this.template = template;
  }

  /** Returns the messages without calls and, if the template has no such role, without results. */
  List<ChatMessage> withoutCalls(List<ChatMessage> messages) {
    Map<String, String> names = new HashMap<>();
    List<ChatMessage> out = new ArrayList<>();
    List<ChatMessage> results = new ArrayList<>();
    for (ChatMessage message : messages) {
      message.toolCalls().forEach(call -> names.put(call.id(), call.function().name()));
      if (message.role() == Role.TOOL) {
        results.add(message);
        continue;
      }
      addResults(out, results, names);
      out.add(message.toolCalls().isEmpty() ? message : calls(message));
    }
    addResults(out, results, names);
    return out;
  }

  /** Tells whether a message asks for calls, or answers one. */
  static boolean isPartOfCalling(ChatMessage message) {
    return message.role() == Role.TOOL || !message.toolCalls().isEmpty();
  }

  private ChatMessage calls(ChatMessage message) {
    String content = message.content().orElse("").stripTrailing();
    String calls = CallTexts.calls(family, message.toolCalls());
    String gap = content.isEmpty() || calls.startsWith("[TOOL_CALLS]") ? "" : "\n";
    return withText(message, Role.ASSISTANT, content + gap + calls);
  }

  private void addResults(
      List<ChatMessage> out, List<ChatMessage> results, Map<String, String> names) {
    Role role = template.hasToolRole() ? Role.TOOL : Role.USER;
    boolean bare = family == ToolFamily.LLAMA || template.marksResults();
    if (bare && role == Role.TOOL) {
      results.forEach(r -> out.add(withText(r, role, r.content().orElse(""))));
    } else if (!results.isEmpty()) {
      List<String> ids = results.stream().map(r -> r.toolCallId().orElse("")).toList();
      String text =
          CallTexts.results(
              family,
              results.stream().map(r -> r.content().orElse("")).toList(),
              ids.stream().map(id -> names.getOrDefault(id, "")).toList(),
              ids);
      out.add(withText(results.getFirst(), role, text));
    }
    results.clear();
  }

  private static ChatMessage withText(ChatMessage message, Role role, String text) {
    return new ChatMessage(role, List.of(text), message.name(), List.of(), Optional.empty());
  }

  /** Returns the messages with a description of the functions in the family's place for it. */
  List<ChatMessage> withDefinitions(List<ChatMessage> messages, List<Tool> tools) {
    List<ChatMessage> out = new ArrayList<>(messages);
    String text = ToolDefinitions.text(family, tools);
    switch (family) {
      case LLAMA -> {
        if (template.hasSystem()) {
          setSystem(out, "Environment: ipython" + prefixed("\n\n", system(out)));
        }
        beforeUser(out, text, true);
      }
      case GEMMA -> beforeUser(out, text, true);
      case MISTRAL, MISTRAL_ARGS -> beforeUser(out, text, false);
      default -> {
        if (template.hasSystem()) {
          String system = system(out);
          setSystem(out, system + (system.isEmpty() ? "" : "\n\n") + text);
        } else {
          beforeUser(out, text, true);
        }
      }
    }
    return out;
  }

  private static String prefixed(String prefix, String text) {
    return text.isEmpty() ? "" : prefix + text;
  }

  private String system(List<ChatMessage> messages) {
    return startsWithSystem(messages)
        ? messages.getFirst().content().orElse("")
        : template.systemMessage();
  }

  private static void setSystem(List<ChatMessage> messages, String text) {
    if (startsWithSystem(messages)) {
      messages.set(0, withText(messages.getFirst(), Role.SYSTEM, text));
    } else {
      messages.addFirst(ChatMessage.system(text));
    }
  }

  private static boolean startsWithSystem(List<ChatMessage> messages) {
    return !messages.isEmpty() && messages.getFirst().role() == Role.SYSTEM;
  }

  /** Puts a text before that of the first or the last message of the user. */
  private void beforeUser(List<ChatMessage> messages, String text, boolean first) {
    int found = -1;
    for (int i = 0; i < messages.size() && !(first && found >= 0); i++) {
      found = messages.get(i).role() == Role.USER ? i : found;
    }
    if (found < 0) {
      messages.add(startsWithSystem(messages) ? 1 : 0, ChatMessage.user(text));
      return;
    }
    ChatMessage user = messages.get(found);
    List<String> parts = new ArrayList<>(user.parts());
    String gap = text.endsWith("[/AVAILABLE_TOOLS]") ? "" : "\n\n";
    parts.set(0, text + gap + parts.getFirst());
    messages.set(
        found, new ChatMessage(Role.USER, parts, user.name(), List.of(), Optional.empty()));
  }

  /** Returns calls and results as the chat templates of the family insist on having them. */
  List<ChatMessage> forChatTemplate(List<ChatMessage> messages) {
    return switch (family) {
      case MISTRAL, MISTRAL_ARGS -> withShortIds(messages);
      case LLAMA -> withOneCallEach(messages);
      default -> messages;
    };
  }

  /** Gives calls ids of nine letters or digits, where one has not: other ids are refused. */
  static List<ChatMessage> withShortIds(List<ChatMessage> messages) {
    Map<String, String> ids = new HashMap<>();
    for (ChatMessage message : messages) {
      for (ToolCall call : message.toolCalls()) {
        ids.computeIfAbsent(call.id(), id -> "%09d".formatted(ids.size()));
      }
    }
    if (ids.keySet().stream().allMatch(id -> id.matches("[a-zA-Z0-9]{9}"))) {
      return messages;
    }
    return messages.stream()
        .map(
            m ->
                new ChatMessage(
                    m.role(),
                    m.parts(),
                    m.name(),
                    m.toolCalls().stream()
                        .map(c -> new ToolCall(ids.getOrDefault(c.id(), c.id()), c.function()))
                        .toList(),
                    m.toolCallId().map(id -> ids.getOrDefault(id, id))))
        .toList();
  }

  /** Writes several calls of a message as messages of one call, each before its result. */
  private static List<ChatMessage> withOneCallEach(List<ChatMessage> messages) {
    List<ChatMessage> out = new ArrayList<>();
    Map<String, ChatMessage> waiting = new LinkedHashMap<>();
    for (ChatMessage message : messages) {
      if (message.role() != Role.TOOL) {
        out.addAll(waiting.values());
        waiting.clear();
      }
      if (message.toolCalls().size() > 1) {
        Optional<String> content = message.content();
        for (ToolCall call : message.toolCalls()) {
          waiting.put(call.id(), ChatMessage.assistant(content, List.of(call)));
          content = Optional.empty();
        }
        continue;
      }
      message.toolCallId().map(waiting::remove).ifPresent(out::add);
      out.add(message);
    }
    out.addAll(waiting.values());
    return out;
  }
}
