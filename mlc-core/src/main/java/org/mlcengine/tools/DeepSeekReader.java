package org.mlcengine.tools;

import java.util.List;

/**
 * Reads DeepSeek's calls. V3 and R1 write a kind, the name and fenced arguments; V3.1 writes the
 * name and bare arguments.
 */
final class DeepSeekReader implements CallReader {
  static final String CALLS_BEGIN = "<｜tool▁calls▁begin｜>";
  static final String CALLS_END = "<｜tool▁calls▁end｜>";
  static final String CALL_BEGIN = "<｜tool▁call▁begin｜>";
  static final String CALL_END = "<｜tool▁call▁end｜>";
  static final String SEPARATOR = "<｜tool▁sep｜>";

  private static final String FENCE = "```json";

  private enum State {
    BEFORE_CALL,
    KIND,
    AFTER_SEPARATOR,
    NAME,
    FENCE,
    ARGUMENTS,
    AFTER_ARGUMENTS
  }

  private final CallSink sink;
  private final StringBuilder marker = new StringBuilder();
  private final StringBuilder kind = new StringBuilder();
  private final StringBuilder name = new StringBuilder();
  private int fence;
  private State state;
  private ArgumentsReader arguments;
  private boolean called;

  /** Reads on after one of the two markers that begin. */
  DeepSeekReader(CallSink sink, String begin) {
    this.sink = sink;
    arguments = new ArgumentsReader(sink);
    state = begin.equals(CALL_BEGIN) ? State.KIND : State.BEFORE_CALL;
  }

  @Override
  public Step read(char c) {
    if (!marker.isEmpty() || c == '<' && state != State.ARGUMENTS) {
      return marker(c);
    }
    return switch (state) {
      case BEFORE_CALL -> space(c);
      case KIND -> word(kind, c);
      case AFTER_SEPARATOR -> afterSeparator(c);
      case NAME -> name(c);
      case FENCE -> fence(c);
      case ARGUMENTS -> arguments(c);
      case AFTER_ARGUMENTS -> c == '`' ? Step.MORE : space(c);
    };
  }

  @Override
  public boolean mayEnd() {
    return called && (state == State.BEFORE_CALL || state == State.AFTER_ARGUMENTS);
  }

  private Step marker(char c) {
    marker.append(c);
    String text = marker.toString();
    List<String> expected =
        switch (state) {
          case BEFORE_CALL -> List.of(CALL_BEGIN, CALLS_END);
          case KIND -> List.of(SEPARATOR);
          case AFTER_ARGUMENTS -> List.of(CALL_END, CALLS_END);
          case AFTER_SEPARATOR, NAME, FENCE, ARGUMENTS -> List.of();
        };
    if (!expected.contains(text)) {
      return expected.stream().anyMatch(m -> m.startsWith(text)) ? Step.MORE : Step.FAILED;
    }
    marker.setLength(0);
    switch (text) {
      case CALL_BEGIN -> begin();
      case CALL_END -> state = State.BEFORE_CALL;
      case SEPARATOR -> state = State.AFTER_SEPARATOR;
      default -> {
        return called ? Step.LAST : Step.FAILED;
      }
    }
    return Step.MORE;
  }

  private void begin() {
    kind.setLength(0);
    name.setLength(0);
    fence = 0;
    arguments = new ArgumentsReader(sink);
    state = State.KIND;
  }

  private Step afterSeparator(char c) {
    if (JsonScanner.isSpace(c)) {
      return Step.MORE;
    }
    if (c == '{') {
      name.append(kind);
      return startArguments();
    }
    state = State.NAME;
    return name(c);
  }

  private Step name(char c) {
    if (FunctionNames.isPart(c)) {
      return word(name, c);
    }
    state = State.FENCE;
    return fence(c);
  }

  private Step fence(char c) {
    if (c == '{' && (fence == 0 || fence == FENCE.length())) {
      return startArguments();
    }
    if (fence < FENCE.length() && c == FENCE.charAt(fence)) {
      fence++;
      return Step.MORE;
    }
    return fence == 0 || fence == FENCE.length() ? space(c) : Step.FAILED;
  }

  private Step startArguments() {
    if (!FunctionNames.isName(name) || !sink.accepts(name.toString())) {
      return Step.FAILED;
    }
    state = State.ARGUMENTS;
    sink.begin(name.toString());
    return arguments('{');
  }

  private Step arguments(char c) {
    Step step = arguments.read(c);
    if (step != Step.LAST) {
      return step;
    }
    sink.end();
    called = true;
    state = State.AFTER_ARGUMENTS;
    return Step.MORE;
  }

  private static Step word(StringBuilder word, char c) {
    if (!FunctionNames.isPart(c) || word.length() == FunctionNames.MAX_LENGTH) {
      return Step.FAILED;
    }
    word.append(c);
    return Step.MORE;
  }

  private static Step space(char c) {
    return JsonScanner.isSpace(c) ? Step.MORE : Step.FAILED;
  }
}
