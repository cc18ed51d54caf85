package org.mlcengine.tools;

/**
 * Reads what follows Mistral's {@code [TOOL_CALLS]}: a JSON array of calls, or {@code
 * name[ARGS]{...}}, where an id may stand in between and the marker may be missing.
 */
final class NamedCallReader implements CallReader {
  private static final String ARGUMENTS = "[ARGS]";
  private static final String ID = "[CALL_ID]";
  private static final int MAX_ID = 200;

  private enum State {
    START,
    JSON,
    NAME,
    MARKER,
    ID,
    ARGUMENTS
  }

  private final CallSink sink;
  private final JsonCallsReader json;
  private final ArgumentsReader arguments;
  private final StringBuilder name = new StringBuilder();
  private final StringBuilder marker = new StringBuilder();
  private State state = State.START;
  private int idLength;
  private boolean begun;

  NamedCallReader(CallSink sink) {
    this.sink = sink;
    json = new JsonCallsReader(sink);
    arguments = new ArgumentsReader(sink);
  }

  @Override
  public Step read(char c) {
    return switch (state) {
      case START -> start(c);
      case JSON -> json.read(c);
      case NAME -> name(c);
      case MARKER -> marker(c);
      case ID -> id(c);
      case ARGUMENTS -> arguments(c);
    };
  }

  @Override
  public boolean mayEnd() {
    return state == State.JSON && json.mayEnd();
  }

  private Step start(char c) {
    if (JsonScanner.isSpace(c)) {
      return Step.MORE;
    }
    state = c == '[' || c == '{' ? State.JSON : State.NAME;
    return read(c);
  }

  private Step name(char c) {
    if (FunctionNames.isPart(c) && name.length() < FunctionNames.MAX_LENGTH) {
      name.append(c);
      return Step.MORE;
    }
    if (name.isEmpty() || !sink.accepts(name.toString())) {
      return Step.FAILED;
    }
    state = c == '[' ? State.MARKER : State.ARGUMENTS;
    return read(c);
  }

  private Step marker(char c) {
    marker.append(c);
    String text = marker.toString();
    if (text.equals(ARGUMENTS)) {
      state = State.ARGUMENTS;
    } else if (text.equals(ID)) {
      marker.setLength(0);
      state = State.ID;
    } else if (!ARGUMENTS.startsWith(text) && !ID.startsWith(text)) {
      return Step.FAILED;
    }
    return Step.MORE;
  }

  private Step id(char c) {
    if (c == '[') {
      state = State.MARKER;
      return read(c);
    }
    return ++idLength > MAX_ID ? Step.FAILED : Step.MORE;
  }

  private Step arguments(char c) {
    if (!begun) {
      if (c != '{') {
        return JsonScanner.isSpace(c) ? Step.MORE : Step.FAILED;
      }
      begun = true;
      sink.begin(name.toString());
    }
    Step step = arguments.read(c);
    if (step == Step.LAST) {
      sink.end();
    }
    return step;
  }
}
