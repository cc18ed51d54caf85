package org.mlcengine.generation;

import java.util.Collection;
import org.mlcengine.errors.InvalidRequestException;

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

  /**
   * Looks for these strings; empty ones are left out, because they would end every reply.
   *
   * @throws InvalidRequestException if a string has a surrogate without its partner, which no text
   *     has
   */
  public StopStrings(Collection<String> strings) {
    strings.forEach(StopStrings::requireWellFormed);
    automaton = new StopAutomaton(strings.stream().filter(string -> !string.isEmpty()).toList());
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

  private static void requireWellFormed(String string) {
    for (int i = 0; i < string.length(); i++) {
      int codePoint = string.codePointAt(i);
      if (Character.isSupplementaryCodePoint(codePoint)) {
        i++;
      } else if (Character.isSurrogate((char) codePoint)) {
        throw new InvalidRequestException(
            "stop",
            "expected Unicode text, found the surrogate \\u%04x without its partner at character %d"
                    .formatted(codePoint, i)
                + " of a stop string; send whole characters.");
      }
    }
  }
}
