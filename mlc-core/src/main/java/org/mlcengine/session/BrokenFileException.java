package org.mlcengine.session;

import org.jspecify.annotations.Nullable;

/** A file does not hold what it should: its message goes on from "expected". */
final class BrokenFileException extends Exception {
  BrokenFileException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
