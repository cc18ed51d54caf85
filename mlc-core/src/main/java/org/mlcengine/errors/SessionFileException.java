package org.mlcengine.errors;

import org.jspecify.annotations.Nullable;

/** A session's file cannot be written, is missing, or is not what was saved. */
public final class SessionFileException extends MLCException {
  /** Creates an exception without a cause. */
  public SessionFileException(String message) {
    super(message);
  }

  /** Creates an exception with the failure that led to it. */
  public SessionFileException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
