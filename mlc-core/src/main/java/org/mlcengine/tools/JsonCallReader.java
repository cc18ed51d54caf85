package org.mlcengine.tools;

import org.jspecify.annotations.Nullable;

/**
 * Reads one call that is a JSON object with a {@code name} and with {@code arguments} or {@code
 * parameters}, in any order; other members are skipped. The arguments are an object, JSON text of
 * one in a string, or null, which is like none.
 */
final class JsonCallReader implements CallReader {
  private enum Mode {
    MEMBERS,
    NAME,
    ARGUMENTS,
    ARGUMENTS_TEXT,
    OTHER
  }

  private static final int MAX_KEY = 200;

  private final CallSink sink;
  private final JsonScanner json = new JsonScanner();
  private final StringBuilder key = new StringBuilder();
  private final StringBuilder name = new StringBuilder();
  private final StringBuilder early = new StringBuilder();
  private Mode mode = Mode.MEMBERS;
  private boolean named;
  private boolean begun;
  private @Nullable ArgumentsReader arguments;
  private boolean argumentsEnded;

  JsonCallReader(CallSink sink) {
    this.sink = sink;
  }

  @Override
  public Step read(char c) {
    if (json.depth() == 0 && c != '{') {
      return JsonScanner.isSpace(c) ? Step.MORE : Step.FAILED;
    }
    boolean keyText = json.inString() && json.depth() == 1 && mode == Mode.MEMBERS;
    boolean valueStart =
        json.depth() == 1 && json.state() == JsonScanner.State.VALUE && !JsonScanner.isSpace(c);
    if (!json.push(c)) {
      return Step.FAILED;
    }
    if (keyText && json.decoded() >= 0) {
      key.append((char) json.decoded());
      return key.length() <= MAX_KEY ? Step.MORE : Step.FAILED;
    }
    boolean may = valueStart ? startValue(c) : value(c);
    if (!may) {
      return Step.FAILED;
    }
    return json.done() ? finish() : Step.MORE;
  }

  private boolean startValue(char c) {
    String member = key.toString();
    key.setLength(0);
    mode = Mode.OTHER;
    if (member.equals("name")) {
      mode = Mode.NAME;
      return c == '"' && !named;
    }
    if (!member.equals("arguments") && !member.equals("parameters")) {
      return valueEnd();
    }
    if (arguments != null) {
      return false;
    }
    arguments = new ArgumentsReader(new Early());
    if (c == '{') {
      mode = Mode.ARGUMENTS;
      return argument(c);
    }
    if (c == '"') {
      mode = Mode.ARGUMENTS_TEXT;
      return true;
    }
    return c == 'n';
  }

  private boolean value(char c) {
    return switch (mode) {
      case MEMBERS -> true;
      case OTHER -> valueEnd();
      case NAME -> name();
      case ARGUMENTS -> argument(c);
      case ARGUMENTS_TEXT -> argumentText();
    };
  }

  private boolean valueEnd() {
    boolean ended =
        switch (json.state()) {
          case AFTER_VALUE, KEY, DONE -> json.depth() <= 1;
          default -> false;
        };
    if (ended) {
      mode = Mode.MEMBERS;
    }
    return true;
  }

  private boolean name() {
    if (json.decoded() >= 0) {
      name.append((char) json.decoded());
      return name.length() <= FunctionNames.MAX_LENGTH;
    }
    if (json.state() != JsonScanner.State.AFTER_VALUE) {
      return true;
    }
    mode = Mode.MEMBERS;
    named = true;
    if (!sink.accepts(name.toString())) {
      return false;
    }
    if (!early.isEmpty()) {
      begin();
    }
    return true;
  }

  private boolean argument(char c) {
    Step step = argumentsStep(c);
    if (step == Step.LAST) {
      mode = Mode.MEMBERS;
    }
    return step != Step.FAILED;
  }

  private boolean argumentText() {
    int c = json.decoded();
    if (c >= 0) {
      return argumentsEnded
          ? JsonScanner.isSpace((char) c)
          : argumentsStep((char) c) != Step.FAILED;
    }
    if (json.state() == JsonScanner.State.AFTER_VALUE) {
      mode = Mode.MEMBERS;
      return argumentsEnded;
    }
    return true;
  }

  private Step argumentsStep(char c) {
    if (arguments == null) {
      throw new IllegalStateException("arguments have begun");
    }
    Step step = arguments.read(c);
    argumentsEnded = step == Step.LAST;
    return step;
  }

  private Step finish() {
    if (!named) {
      return Step.FAILED;
    }
    if (!begun) {
      early.append("{}");
      begin();
    }
    sink.end();
    return Step.LAST;
  }

  private void begin() {
    begun = true;
    sink.begin(name.toString());
    sink.arguments(early);
    early.setLength(0);
  }

  /** Keeps arguments until the name is known, and lets a call begin with them. */
  private final class Early implements CallSink {
    @Override
    public boolean accepts(String function) {
      return sink.accepts(function);
    }

    @Override
    public void begin(String function) {
      throw new IllegalStateException("only arguments come here");
    }

    @Override
    public void argument(char c) {
      if (begun) {
        sink.argument(c);
        return;
      }
      early.append(c);
      if (named) {
        JsonCallReader.this.begin();
      }
    }

    @Override
    public void end() {
      throw new IllegalStateException("only arguments come here");
    }
  }
}
