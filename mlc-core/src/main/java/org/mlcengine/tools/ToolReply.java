package org.mlcengine.tools;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.protocol.ToolCall;

/**
 * A whole reply, taken apart.
 *
 * @param content the text beside the calls, if any
 * @param toolCalls the calls, in order
 */
public record ToolReply(Optional<String> content, List<ToolCall> toolCalls) {
  /** Copies the list. */
  public ToolReply {
    toolCalls = List.copyOf(toolCalls);
  }

  /** Returns the assistant's message; its content is empty text if there is nothing at all. */
  public ChatMessage message() {
    return ChatMessage.assistant(
        content.isEmpty() && toolCalls.isEmpty() ? Optional.of("") : content, toolCalls);
  }

  /** Takes apart a reply; an incomplete call is text, unless the reply was cut within it. */
  static ToolReply parse(ToolCallParser parser, String reply, boolean cut) {
    StringBuilder content = new StringBuilder();
    List<ToolCall> calls = new ArrayList<>();
    Call call = new Call();
    for (int i = 0; i < reply.length(); i++) {
      for (ToolCallEvent event : parser.accept(String.valueOf(reply.charAt(i)))) {
        call.take(event, content, calls, parser::rawCall);
      }
    }
    for (ToolCallEvent event : parser.finish()) {
      boolean cutCall = cut && event instanceof ToolCallEvent.CallEnd;
      call.take(
          cutCall ? new ToolCallEvent.CallEnd(0, true) : event, content, calls, parser::rawCall);
    }
    return new ToolReply(
        content.isEmpty() ? Optional.empty() : Optional.of(content.toString()), calls);
  }

  private static final class Call {
    private String id = "";
    private String name = "";
    private final StringBuilder arguments = new StringBuilder();

    void take(
        ToolCallEvent event, StringBuilder content, List<ToolCall> calls, Supplier<String> raw) {
      switch (event) {
        case ToolCallEvent.Text(String text) -> content.append(text);
        case ToolCallEvent.CallBegin(int index, String newId, String newName) -> {
          id = newId;
          name = newName;
          arguments.setLength(0);
        }
        case ToolCallEvent.Arguments(int index, String json) -> arguments.append(json);
        case ToolCallEvent.CallEnd(int index, boolean complete) -> {
          if (complete) {
            calls.add(ToolCall.of(id, name, arguments.toString()));
          } else {
            content.append(raw.get());
          }
        }
      }
    }
  }
}
