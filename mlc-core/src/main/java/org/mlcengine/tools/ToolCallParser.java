package org.mlcengine.tools;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.mlcengine.protocol.FunctionDefinition;
import org.mlcengine.protocol.Tool;

/**
 * Finds calls in a reply that arrives in pieces. Cut at other places, the same reply gives the same
 * text and the same calls. One object serves one reply and one thread.
 *
 * <p>Text that may become a call is held back until a function's name and the beginning of its
 * arguments, or something that cannot be a call, has come; then it is a call, or text as it stands.
 * White space before a call, and the marks around it, are no text. A call that goes on with
 * something else than its arguments' JSON ends there, incomplete, and the rest is text. What is
 * held back is limited, so that memory and time stay in proportion to the pieces.
 */
public final class ToolCallParser {
  /** A call's name and what may come before its arguments take less. */
  private static final int MAX_HELD = 1 << 16;

  private final @Nullable CallSyntax syntax;
  private final Map<String, FunctionDefinition> functions;
  private final Supplier<String> ids;
  private final Sink sink = new Sink();
  private final List<ToolCallEvent> events = new ArrayList<>();
  private final StringBuilder text = new StringBuilder();
  private final StringBuilder arguments = new StringBuilder();

  /** What may yet become a part of a call: white space, and behind it a marker's beginning. */
  private final StringBuilder held = new StringBuilder();

  private int markerStart;
  private boolean inMarker;
  private boolean replyStart = true;
  private boolean lineStart = true;
  private boolean afterCall;
  private boolean finished;
  private @Nullable CallReader reader;

  /** Where it is kept what a call was made of; only {@link ToolReply} wants it. */
  private final @Nullable StringBuilder raw;

  /** Creates a parser; without a syntax, all is text. */
  ToolCallParser(
      @Nullable CallSyntax syntax, List<Tool> tools, Supplier<String> ids, boolean keepRaw) {
    this.syntax = syntax;
    functions =
        tools.stream()
            .map(Tool::function)
            .collect(Collectors.toMap(FunctionDefinition::name, f -> f, (first, second) -> first));
    this.ids = ids;
    raw = keepRaw ? new StringBuilder() : null;
  }

  /**
   * Takes the next piece of the reply.
   *
   * @return what became certain, in order; may be empty
   * @throws IllegalStateException if the reply was finished
   */
  public List<ToolCallEvent> accept(String piece) {
    requireOpen();
    for (int i = 0; i < piece.length(); i++) {
      read(piece.charAt(i));
    }
    return takeEvents();
  }

  /**
   * Ends the reply. A call that is open ends incomplete.
   *
   * @return what was held back
   * @throws IllegalStateException if the reply was finished before
   */
  public List<ToolCallEvent> finish() {
    requireOpen();
    finished = true;
    if (reader == null) {
      if (!afterCall || !isEndOfCall()) {
        release();
      }
    } else if (sink.open) {
      sink.close(false);
    } else if (!reader.mayEnd()) {
      release();
    }
    return takeEvents();
  }

  /** Returns how many calls have begun. */
  public int callCount() {
    return sink.calls;
  }

  private void requireOpen() {
    if (finished) {
      throw new IllegalStateException("The reply has ended; start a new ToolCallParser.");
    }
  }

  private List<ToolCallEvent> takeEvents() {
    flush();
    List<ToolCallEvent> taken = List.copyOf(events);
    events.clear();
    return taken;
  }

  private void flush() {
    if (!text.isEmpty()) {
      events.add(new ToolCallEvent.Text(text.toString()));
      text.setLength(0);
    }
    if (!arguments.isEmpty()) {
      events.add(new ToolCallEvent.Arguments(sink.calls - 1, arguments.toString()));
      arguments.setLength(0);
    }
  }

  private void read(char c) {
    if (syntax == null) {
      text.append(c);
    } else if (reader != null) {
      readCall(reader, c);
    } else if (inMarker) {
      readMarker(syntax, c);
    } else {
      readText(syntax, c);
    }
  }

  private void readCall(CallReader current, char c) {
    if (!sink.open) {
      held.append(c);
    } else if (raw != null) {
      raw.append(c);
    }
    CallReader.Step step = held.length() > MAX_HELD ? CallReader.Step.FAILED : current.read(c);
    switch (step) {
      case MORE -> {}
      case LAST -> {
        reader = null;
        held.setLength(0);
        afterCall = true;
        lineStart = true;
      }
      case FAILED -> {
        reader = null;
        if (sink.open) {
          if (raw != null) {
            raw.setLength(raw.length() - 1);
          }
          sink.close(false);
        } else {
          held.setLength(held.length() - 1);
          release();
        }
        startText();
        read(c);
      }
    }
  }

  private void readMarker(CallSyntax known, char c) {
    held.append(c);
    String marker = held.substring(markerStart);
    if (afterCall && known.endings().contains(marker) && !isMarkerBeginning(known, marker, true)) {
      inMarker = false;
      held.setLength(0);
    } else if (known.markers().contains(marker)) {
      inMarker = false;
      reader = known.readers().apply(marker, sink);
    } else if (!isMarkerBeginning(known, marker, false)) {
      inMarker = false;
      held.setLength(held.length() - 1);
      if (afterCall && known.endings().contains(held.substring(markerStart))) {
        held.setLength(0);
      } else {
        release();
        startText();
      }
      read(c);
    }
  }

  private boolean isMarkerBeginning(CallSyntax known, String text, boolean properly) {
    int longerThan = properly ? text.length() : 0;
    return (known.markersInLines() || lineStart) && begins(known.markers(), text, longerThan)
        || !properly && afterCall && begins(known.endings(), text, longerThan);
  }

  private static boolean begins(List<String> markers, String text, int longerThan) {
    for (String marker : markers) {
      if (marker.length() > longerThan && marker.startsWith(text)) {
        return true;
      }
    }
    return false;
  }

  private void readText(CallSyntax known, char c) {
    boolean space = JsonScanner.isSpace(c);
    if (space || afterCall && known.separators().indexOf(c) >= 0) {
      held.append(c);
      lineStart |= c == '\n';
      if (held.length() > MAX_HELD) {
        release();
      }
    } else if (isMarkerBeginning(known, String.valueOf(c), false)) {
      markerStart = held.length();
      inMarker = true;
      readMarker(known, c);
    } else if (opens(known, c)) {
      reader = known.readers().apply("", sink);
      readCall(reader, c);
    } else {
      release();
      startText();
      text.append(c);
    }
  }

  private boolean opens(CallSyntax known, char c) {
    return lineStart && known.openings().indexOf(c) >= 0
        || known.bareNames() && (replyStart || afterCall) && FunctionNames.isPart(c);
  }

  private void startText() {
    replyStart = false;
    lineStart = false;
    afterCall = false;
  }

  private void release() {
    text.append(held);
    held.setLength(0);
  }

  /** Tells whether what is held back is nothing but the rest of a call's syntax. */
  private boolean isEndOfCall() {
    String rest = inMarker ? held.substring(markerStart) : "";
    return rest.isEmpty()
        || syntax != null && syntax.endings().stream().anyMatch(end -> end.startsWith(rest));
  }

  private final class Sink implements CallSink {
    private boolean open;
    private int calls;

    @Override
    public boolean accepts(String name) {
      return syntax != null
          && FunctionNames.isName(name)
          && (!syntax.knownNames() || functions.containsKey(name));
    }

    @Override
    public ArgumentTypes types(String name) {
      FunctionDefinition function = functions.get(name);
      return function == null ? ArgumentTypes.UNKNOWN : ArgumentTypes.of(function);
    }

    @Override
    public void begin(String name) {
      if (raw != null) {
        raw.setLength(0);
        raw.append(held);
      }
      held.setLength(0);
      flush();
      events.add(new ToolCallEvent.CallBegin(calls++, ids.get(), name));
      open = true;
    }

    @Override
    public void argument(char c) {
      arguments.append(c);
    }

    @Override
    public void end() {
      close(true);
      afterCall = true;
    }

    private void close(boolean complete) {
      open = false;
      flush();
      events.add(new ToolCallEvent.CallEnd(calls - 1, complete));
    }
  }

  /** Returns the text that the last call was made of. */
  String rawCall() {
    return raw == null ? "" : raw.toString();
  }
}
