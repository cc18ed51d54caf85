package org.mlcengine.errors;

/**
 * A reply is not what its format promised: its JSON lacks something, or what the model wrote is no
 * value of the type that was asked for.
 */
public final class InvalidReplyException extends MLCException {
  /** Creates an exception without a cause. */
  public InvalidReplyException(String message) {
    super(message);
  }

  /** Creates an exception with the failure that led to it. */
  public InvalidReplyException(String message, Throwable cause) {
    super(message, cause);
  }
}
