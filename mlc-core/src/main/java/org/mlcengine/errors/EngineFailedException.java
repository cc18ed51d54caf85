package org.mlcengine.errors;

import org.jspecify.annotations.Nullable;

/**
 * A native call failed in a way that no request caused. Later calls are refused; close still frees.
 */
public final class EngineFailedException extends MLCException {
  /** Creates an exception without a cause. */
  public EngineFailedException(String message) {
    super(message);
  }

  /** Creates an exception with the failure that led to it. */
  public EngineFailedException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
