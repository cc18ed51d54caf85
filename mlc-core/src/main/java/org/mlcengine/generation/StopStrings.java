package org.mlcengine.generation;

/**
 * Looks for stop strings in text that arrives in pieces. The stop string that is complete first
 * counts; of several that end together, the longest. Text that may be the beginning of a stop
 * string is held back until that is decided, and everything before it is released at once.
 *
 * <p>The work grows with the text and with the total length of the stop strings, not with the
 * product of the two. One object serves one reply and one thread.
 */
public final class StopStrings {
  private final StopAutomaton automaton;
  private final StringBuilder held = new StringBuilder();
  private int state = StopAutomaton.START;
  private boolean matched;

  /** Looks for these strings. */
  public StopStrings(StopAutomaton strings) {
    automaton = strings;
  }

  /** Takes a piece of text and returns what is certain to stand before any stop string. */
  public String append(String piece) {
    if (matched) {
      return "";
    }
    for (int i = 0; i < piece.length() && !matched; i++) {
      char c = piece.charAt(i);
      held.append(c);
      state = automaton.next(state, c);
      matched = automaton.stop(state) > 0;
    }
    return release(matched ? automaton.stop(state) : automaton.depth(state));
  }

  /** Tells whether a stop string was found. Text that is appended afterwards is dropped. */
  public boolean matched() {
    return matched;
  }

  /** Returns what was held back; nothing if a stop string was found. */
  public String finish() {
    state = StopAutomaton.START;
    return release(0);
  }

  private String release(int kept) {
    String released = held.substring(0, held.length() - kept);
    held.delete(0, matched ? held.length() : released.length());
    return released;
  }
}
