package org.mlcengine.tools;

import org.jspecify.annotations.Nullable;

/**
 * Reads calls as Python writes them: {@code f(a=1, b="x")}, or a list of such. Arguments have names
 * and are literals.
 */
final class PythonCallsReader implements CallReader {
  private static final int MAX_ARGUMENT_NAME = 200;

  private enum State {
    START,
    NEXT_CALL,
    NAME,
    FIRST_ARGUMENT,
    NEXT_ARGUMENT,
    ARGUMENT_NAME,
    EQUALS,
    BEFORE_VALUE,
    VALUE,
    AFTER_VALUE,
    AFTER_CALL
  }

  private final CallSink sink;
  private final StringBuilder name = new StringBuilder();
  private final StringBuilder argument = new StringBuilder();
  private State state = State.START;
  private boolean list;
  private boolean begun;
  private @Nullable PythonValue value;

  PythonCallsReader(CallSink sink) {
    this.sink = sink;
  }

  @Override
  public Step read(char c) {
    return switch (state) {
      case NAME -> name(c);
      case ARGUMENT_NAME -> argumentName(c);
      case BEFORE_VALUE -> beforeValue(c);
      case VALUE -> value(c);
      default -> JsonScanner.isSpace(c) ? Step.MORE : structure(c);
    };
  }

  @Override
  public boolean mayEnd() {
    return state == State.AFTER_CALL;
  }

  private Step structure(char c) {
    return switch (state) {
      case START -> {
        list = c == '[';
        yield list ? next(State.NEXT_CALL) : startName(c);
      }
      case NEXT_CALL -> startName(c);
      case FIRST_ARGUMENT, NEXT_ARGUMENT -> c == ')' ? endCall() : startArgument(c);
      case EQUALS -> c == '=' ? next(State.BEFORE_VALUE) : Step.FAILED;
      case AFTER_VALUE -> c == ')' ? endCall() : c == ',' ? next(State.NEXT_ARGUMENT) : Step.FAILED;
      case AFTER_CALL -> c == ',' ? next(State.NEXT_CALL) : c == ']' ? Step.LAST : Step.FAILED;
      default -> Step.FAILED;
    };
  }

  private Step next(State next) {
    state = next;
    return Step.MORE;
  }

  private Step startName(char c) {
    name.setLength(0);
    begun = false;
    state = State.NAME;
    return name(c);
  }

  private Step name(char c) {
    if (c == '(') {
      boolean known = !name.isEmpty() && sink.accepts(name.toString());
      return known ? next(State.FIRST_ARGUMENT) : Step.FAILED;
    }
    return append(name, c, FunctionNames.MAX_LENGTH);
  }

  private Step startArgument(char c) {
    argument.setLength(0);
    state = State.ARGUMENT_NAME;
    return argumentName(c);
  }

  private Step argumentName(char c) {
    if (c == '=' || JsonScanner.isSpace(c)) {
      return next(c == '=' ? State.BEFORE_VALUE : State.EQUALS);
    }
    return append(argument, c, MAX_ARGUMENT_NAME);
  }

  private Step beforeValue(char c) {
    if (JsonScanner.isSpace(c)) {
      return Step.MORE;
    }
    if (argument.isEmpty() || !PythonValue.begins(c)) {
      return Step.FAILED;
    }
    if (!begun) {
      sink.begin(name.toString());
    }
    sink.arguments((begun ? ", \"" : "{\"") + argument + "\": ");
    begun = true;
    value = new PythonValue(sink);
    state = State.VALUE;
    return value(c);
  }

  private Step value(char c) {
    if (value == null) {
      throw new IllegalStateException("a value has begun");
    }
    if (value.endsBefore(c)) {
      value = null;
      state = State.AFTER_VALUE;
      return read(c);
    }
    return value.push(c) ? Step.MORE : Step.FAILED;
  }

  private Step endCall() {
    if (!begun) {
      sink.begin(name.toString());
      sink.argument('{');
    }
    sink.argument('}');
    sink.end();
    state = State.AFTER_CALL;
    return list ? Step.MORE : Step.LAST;
  }

  private static Step append(StringBuilder word, char c, int max) {
    boolean part = FunctionNames.isPart(c) && word.length() < max;
    if (part) {
      word.append(c);
    }
    return part ? Step.MORE : Step.FAILED;
  }
}
