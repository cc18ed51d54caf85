package org.mlcengine.cli;

/** A command cannot go on; the message says why and what to do. */
final class CommandException extends RuntimeException {
  CommandException(String message) {
    super(message);
  }

  CommandException(String message, Throwable cause) {
    super(message, cause);
  }
}
