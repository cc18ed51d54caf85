package org.mlcengine.errors;

import org.jspecify.annotations.Nullable;

/** The native libraries could not be found or loaded. */
public final class NativesException extends MLCException {
  /** Creates an exception without a cause. */
  public NativesException(String message) {
    super(message);
  }

  /** Creates an exception with the failure that led to it. */
  public NativesException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
