package org.mlcengine.errors;

/** A request has a value that the engine cannot honour. The engine stays usable. */
public final class InvalidRequestException extends MLCException {
  private final String parameter;

  /**
   * Creates an exception.
   *
   * @param parameter the parameter's name as OpenAI's API spells it, for instance {@code
   *     temperature}
   * @param message what was expected, what was found, and the remedy
   */
  public InvalidRequestException(String parameter, String message) {
    super(parameter + ": " + message);
    this.parameter = parameter;
  }

  /** Returns the parameter's name as OpenAI's API spells it. */
  public String parameter() {
    return parameter;
  }
}
