package org.mlcengine.errors;

/** The calling thread was interrupted while it waited for a reply; the request was stopped. */
public final class RequestInterruptedException extends MLCException {
  /** Creates an exception. */
  public RequestInterruptedException(InterruptedException cause) {
    super("The calling thread was interrupted while it waited; the request was stopped.", cause);
  }
}
