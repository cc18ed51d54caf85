package org.mlcengine.tools;

import org.jspecify.annotations.Nullable;

/** Reads a call as a JSON object, or an array of such. */
final class JsonCallsReader implements CallReader {
  private enum State {
    START,
    CALL,
    LISTED_CALL,
    AFTER_LISTED_CALL
  }

  private final CallSink sink;
  private State state = State.START;
  private @Nullable JsonCallReader call;

  JsonCallsReader(CallSink sink) {
    this.sink = sink;
  }

  @Override
  public Step read(char c) {
    return switch (state) {
      case START -> {
        if (JsonScanner.isSpace(c)) {
          yield Step.MORE;
        }
        boolean list = c == '[';
        call = new JsonCallReader(sink);
        state = list ? State.LISTED_CALL : State.CALL;
        yield list ? Step.MORE : call(c);
      }
      case CALL -> call(c);
      case LISTED_CALL -> {
        Step step = call(c);
        if (step == Step.LAST) {
          state = State.AFTER_LISTED_CALL;
          yield Step.MORE;
        }
        yield step;
      }
      case AFTER_LISTED_CALL -> {
        if (c == ',') {
          call = new JsonCallReader(sink);
          state = State.LISTED_CALL;
          yield Step.MORE;
        }
        yield c == ']' ? Step.LAST : JsonScanner.isSpace(c) ? Step.MORE : Step.FAILED;
      }
    };
  }

  @Override
  public boolean mayEnd() {
    return state == State.AFTER_LISTED_CALL;
  }

  private Step call(char c) {
    if (call == null) {
      throw new IllegalStateException("a call has begun");
    }
    return call.read(c);
  }
}
