package org.mlcengine.errors;

/** A session was closed before or during the call. Ask the engine for it anew. */
public final class SessionClosedException extends MLCException {
  /** Creates an exception for a session. */
  public SessionClosedException(String id) {
    super(
        "Session \"%s\" is closed. Begin a new one with engine.session(id), or restore a saved one with engine.restoreSession(file)."
            .formatted(id));
  }
}
