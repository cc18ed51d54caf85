package org.mlcengine.tools;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a call in tags, as Qwen3-Coder writes it: {@code <function=NAME>}, {@code
 * <parameter=KEY>value</parameter>} for each argument, {@code </function>}. A line's end at either
 * end of a value is no part of it. A value whose own end is missing ends where a line begins with
 * the next tag.
 */
final class TaggedCallReader implements CallReader {
  static final String FUNCTION = "<function=";
  static final String FUNCTION_END = "</function>";
  static final String PARAMETER = "<parameter=";
  static final String PARAMETER_END = "</parameter>";

  private static final int MAX_KEY = 200;
  private static final List<String> VALUE_ENDS =
      List.of(PARAMETER_END, "\n" + PARAMETER_END, "\n" + PARAMETER, "\n" + FUNCTION_END);

  private enum State {
    BEFORE_FUNCTION,
    NAME,
    BETWEEN,
    KEY,
    VALUE
  }

  private final CallSink sink;
  private final StringBuilder tag = new StringBuilder();
  private final StringBuilder name = new StringBuilder();
  private final StringBuilder key = new StringBuilder();

  /** The value so far, if it is read when it is complete. */
  private final StringBuilder value = new StringBuilder();

  private State state;
  private ArgumentTypes types = ArgumentTypes.UNKNOWN;
  private boolean begun;
  private boolean text;
  private boolean valueStart;

  /** Follows a value that cannot be text, whose strings may hold tags; null if it is no JSON. */
  private @Nullable JsonScanner json;

  /** Reads on after {@code <tool_call>} or {@code <function=}. */
  TaggedCallReader(CallSink sink, String begin) {
    this.sink = sink;
    state = begin.equals(FUNCTION) ? State.NAME : State.BEFORE_FUNCTION;
  }

  @Override
  public Step read(char c) {
    return switch (state) {
      case BEFORE_FUNCTION -> tag(c, List.of(FUNCTION));
      case NAME -> name(c);
      case BETWEEN -> tag(c, List.of(PARAMETER, FUNCTION_END));
      case KEY -> key(c);
      case VALUE -> value(c);
    };
  }

  private Step tag(char c, List<String> expected) {
    if (tag.isEmpty() && JsonScanner.isSpace(c)) {
      return Step.MORE;
    }
    String read = tag.append(c).toString();
    if (!expected.contains(read)) {
      return expected.stream().anyMatch(t -> t.startsWith(read)) ? Step.MORE : Step.FAILED;
    }
    return follow(read);
  }

  private Step follow(String read) {
    tag.setLength(0);
    switch (read) {
      case FUNCTION -> state = State.NAME;
      case PARAMETER -> state = State.KEY;
      default -> {
        if (!begun) {
          begin();
          sink.argument('{');
        }
        sink.argument('}');
        sink.end();
        return Step.LAST;
      }
    }
    return Step.MORE;
  }

  private Step name(char c) {
    if (c != '>') {
      boolean part = FunctionNames.isPart(c) && name.length() < FunctionNames.MAX_LENGTH;
      name.append(c);
      return part ? Step.MORE : Step.FAILED;
    }
    state = State.BETWEEN;
    return sink.accepts(name.toString()) ? Step.MORE : Step.FAILED;
  }

  private Step key(char c) {
    if (c != '>') {
      key.append(c);
      return c == '\n' || key.length() > MAX_KEY ? Step.FAILED : Step.MORE;
    }
    if (key.isEmpty()) {
      return Step.FAILED;
    }
    boolean first = !begun;
    if (first) {
      begin();
    }
    String argument = key.toString();
    text = types.isText(argument);
    json = types.mayBeText(argument) ? null : new JsonScanner();
    sink.arguments((first ? "{" : ", ") + ToolDefinitions.quoted(argument) + ": ");
    if (text) {
      sink.argument('"');
    }
    valueStart = true;
    state = State.VALUE;
    return Step.MORE;
  }

  private void begin() {
    begun = true;
    types = sink.types(name.toString());
    sink.begin(name.toString());
  }

  private Step value(char c) {
    if (json != null) {
      boolean inString = json.inString();
      if (!json.push(c)) {
        json = null;
      } else if (inString) {
        add(c);
        return Step.MORE;
      }
    }
    if (tag.isEmpty() && c != '<' && c != '\n') {
      add(c);
      return Step.MORE;
    }
    tag.append(c);
    while (!tag.isEmpty() && VALUE_ENDS.stream().noneMatch(this::mayBecome)) {
      char kept = tag.charAt(0);
      tag.deleteCharAt(0);
      add(kept);
    }
    String read = tag.toString();
    if (!VALUE_ENDS.contains(read)) {
      return Step.MORE;
    }
    endValue();
    String next = read.strip();
    if (next.equals(PARAMETER_END)) {
      tag.setLength(0);
      state = State.BETWEEN;
      return Step.MORE;
    }
    return follow(next);
  }

  private boolean mayBecome(String end) {
    return end.length() >= tag.length() && end.startsWith(tag.toString());
  }

  private void add(char c) {
    boolean lineEndBefore = valueStart && c == '\n';
    valueStart = false;
    if (lineEndBefore) {
      return;
    }
    if (text) {
      sink.stringArgument(c);
    } else {
      value.append(c);
    }
  }

  private void endValue() {
    if (text) {
      sink.argument('"');
    } else {
      sink.arguments(types.json(key.toString(), value.toString()));
    }
    value.setLength(0);
    key.setLength(0);
  }
}
