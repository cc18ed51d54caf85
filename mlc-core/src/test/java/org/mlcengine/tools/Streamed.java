package org.mlcengine.tools;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.mlcengine.protocol.Tool;
import org.mlcengine.protocol.ToolCall;
import org.mlcengine.protocol.ToolChoice;

/** What a streamed reply gave: its text, its calls, and which of those are complete. */
record Streamed(String text, List<ToolCall> calls, List<Boolean> complete) {
  static final List<Tool> TOOLS =
      List.of(
          Tool.function("get_weather", "Tells the weather.", "{\"type\":\"object\"}"),
          Tool.function(
              "add",
              "Adds.",
              "{\"type\":\"object\",\"properties\":{\"s\":{\"type\":\"string\"},"
                  + "\"n\":{\"type\":\"integer\"},\"o\":{\"type\":\"object\"}}}"));

  static ToolFormat format(ToolFamily family) {
    return ToolFormat.ofChatTemplate("", "").withFamily(family);
  }

  /** Returns ids that count the calls. */
  static Supplier<String> ids() {
    int[] count = {0};
    return () -> "call_" + count[0]++;
  }

  static Streamed of(ToolFamily family, List<Tool> tools, List<String> pieces) {
    ToolCallParser parser = format(family).parser(tools, ToolChoice.auto(), ids());
    StringBuilder text = new StringBuilder();
    List<ToolCall> calls = new ArrayList<>();
    List<Boolean> complete = new ArrayList<>();
    List<ToolCallEvent> events = new ArrayList<>();
    pieces.forEach(piece -> events.addAll(parser.accept(piece)));
    events.addAll(parser.finish());
    for (ToolCallEvent event : events) {
      switch (event) {
        case ToolCallEvent.Text(String piece) -> {
          requireThat(!piece.isEmpty() && calls.size() == complete.size());
          text.append(piece);
        }
        case ToolCallEvent.CallBegin(int index, String id, String name) -> {
          requireThat(index == calls.size() && calls.size() == complete.size());
          calls.add(ToolCall.of(id, name, ""));
        }
        case ToolCallEvent.Arguments(int index, String json) -> {
          requireThat(index == calls.size() - 1 && index == complete.size() && !json.isEmpty());
          ToolCall call = calls.getLast();
          calls.set(
              index,
              ToolCall.of(call.id(), call.function().name(), call.function().arguments() + json));
        }
        case ToolCallEvent.CallEnd(int index, boolean whole) -> {
          requireThat(index == calls.size() - 1 && index == complete.size());
          complete.add(whole);
        }
      }
    }
    requireThat(calls.size() == complete.size() && calls.size() == parser.callCount());
    return new Streamed(text.toString(), calls, complete);
  }

  /** Cuts a text into pieces of one to a few characters. */
  static List<String> cut(Random random, String text) {
    List<String> pieces = new ArrayList<>();
    for (int from = 0; from < text.length(); ) {
      int to = Math.min(text.length(), from + 1 + random.nextInt(6));
      pieces.add(text.substring(from, to));
      from = to;
    }
    return pieces;
  }

  private static void requireThat(boolean order) {
    if (!order) {
      throw new AssertionError("an event out of order");
    }
  }
}
