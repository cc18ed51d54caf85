package org.mlcengine.errors;

import org.jspecify.annotations.Nullable;

/** A model library does not fit the weights, this processor or this runtime. */
public final class ModelLibraryMismatchException extends MLCException {
  /** Creates an exception without a cause. */
  public ModelLibraryMismatchException(String message) {
    super(message);
  }

  /** Creates an exception with the failure that led to it. */
  public ModelLibraryMismatchException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
