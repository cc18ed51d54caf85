package org.mlcengine.errors;

/** The engine was closed before or during the call. */
public final class EngineClosedException extends MLCException {
  /** Creates an exception. */
  public EngineClosedException() {
    super("The engine is closed. Build a new one with MLCEngine.builder().");
  }
}
