package org.mlcengine.errors;

/** The engine's model was unloaded. Reload one. */
public final class ModelNotLoadedException extends MLCException {
  /** Creates an exception. */
  public ModelNotLoadedException() {
    super("No model is loaded. Load one with engine.reload(path).");
  }
}
