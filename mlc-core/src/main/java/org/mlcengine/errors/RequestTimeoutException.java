package org.mlcengine.errors;

import java.time.Duration;

/** A request was not complete in the time that it was given. Its work was stopped. */
public final class RequestTimeoutException extends MLCException {
  /**
   * Creates an exception.
   *
   * @param timeout the time that the request was given
   */
  public RequestTimeoutException(Duration timeout) {
    super(
        "The request was not complete after %d ms. Give it a longer timeout, or ask for fewer tokens."
            .formatted(timeout.toMillis()));
  }
}
