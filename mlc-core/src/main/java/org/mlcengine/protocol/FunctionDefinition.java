package org.mlcengine.protocol;

import java.util.Optional;

/**
 * A function that the model may call.
 *
 * @param name 1 to 64 letters, digits, underscores and hyphens
 * @param description what it does, for the model
 * @param parameters JSON text of the JSON Schema of its arguments, an object, written without
 *     spaces; without it, the function takes none
 * @param strict whether the arguments follow the schema exactly
 */
public record FunctionDefinition(
    String name, Optional<String> description, Optional<String> parameters, boolean strict) {

  /**
   * Checks the schema's JSON.
   *
   * @throws org.mlcengine.errors.InvalidRequestException if it is not JSON text of an object
   */
  public FunctionDefinition {
    parameters = parameters.map(text -> JsonTexts.object("parameters", text));
  }

  /** Creates a function whose arguments the schema describes, though not strictly. */
  public FunctionDefinition(String name, String description, String parameters) {
    this(name, Optional.of(description), Optional.of(parameters), false);
  }
}
