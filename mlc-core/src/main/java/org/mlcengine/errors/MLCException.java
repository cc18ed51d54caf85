package org.mlcengine.errors;

import org.jspecify.annotations.Nullable;

/**
 * The root of every exception that the engine throws. A message says what was expected, what was
 * found, and the remedy.
 */
public class MLCException extends RuntimeException {
  /** Creates an exception without a cause. */
  public MLCException(String message) {
    super(message);
  }

  /** Creates an exception with the failure that led to it. */
  public MLCException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
