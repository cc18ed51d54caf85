package org.mlcengine.tools;

import org.mlcengine.tools.CallReader.Step;

/** Reads the JSON object of a call's arguments and passes it on, control characters escaped. */
final class ArgumentsReader {
  private final CallSink sink;
  private final JsonScanner json = new JsonScanner();
  private boolean begun;

  ArgumentsReader(CallSink sink) {
    this.sink = sink;
  }

  Step read(char c) {
    if (!begun) {
      if (c != '{') {
        return JsonScanner.isSpace(c) ? Step.MORE : Step.FAILED;
      }
      begun = true;
    }
    boolean inString = json.inString();
    if (!json.push(c)) {
      return Step.FAILED;
    }
    if (inString && c < ' ') {
      sink.stringArgument(c);
    } else {
      sink.argument(c);
    }
    return json.done() ? Step.LAST : Step.MORE;
  }
}
