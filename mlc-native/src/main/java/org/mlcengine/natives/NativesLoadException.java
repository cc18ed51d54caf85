package org.mlcengine.natives;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The native libraries could not be found, verified or loaded. The message holds the remedy. */
public final class NativesLoadException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final List<String> attempts;

  NativesLoadException(String message, List<String> attempts, @Nullable Throwable cause) {
    super(
        attempts.isEmpty()
            ? message
            : message + "\n  tried: " + String.join("\n  tried: ", attempts),
        cause);
    this.attempts = List.copyOf(attempts);
  }

  /** Each place that was tried, in order, with what was found there. */
  public List<String> attempts() {
    return attempts;
  }
}
