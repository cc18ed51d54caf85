package org.mlcengine.errors;

import org.jspecify.annotations.Nullable;

/** The model, with the limits asked for, does not fit into memory. */
public final class InsufficientMemoryException extends MLCException {
  /** Creates an exception without a cause. */
  public InsufficientMemoryException(String message) {
    super(message);
  }

  /** Creates an exception with the failure that led to it. */
  public InsufficientMemoryException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
