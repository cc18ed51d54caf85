package org.mlcengine.errors;

import org.jspecify.annotations.Nullable;

/** A file of a model folder is missing, unreadable, malformed or does not match its checksum. */
public final class ModelLoadException extends MLCException {
  /** Creates an exception without a cause. */
  public ModelLoadException(String message) {
    super(message);
  }

  /** Creates an exception with the failure that led to it. */
  public ModelLoadException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
