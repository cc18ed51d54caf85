package org.mlcengine.errors;

/** A session's turn, or its saving, is under way. Wait for its end, or close its stream. */
public final class SessionBusyException extends MLCException {
  /** Creates an exception for a session. */
  public SessionBusyException(String id) {
    super(
        "Session \"%s\" is busy with a turn, or is being saved. Wait for the end, or close the stream that is being read; conversations that go on side by side need a session each."
            .formatted(id));
  }
}
