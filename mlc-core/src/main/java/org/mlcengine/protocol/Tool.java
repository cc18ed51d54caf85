package org.mlcengine.protocol;

/**
 * Something that the model may use: a function, the only kind.
 *
 * @param function what can be called
 */
public record Tool(FunctionDefinition function) {
  /**
   * Creates a function tool.
   *
   * @param name 1 to 64 letters, digits, underscores and hyphens
   * @param description what it does, for the model
   * @param parameters JSON text of the JSON Schema of its arguments, an object
   * @throws org.mlcengine.errors.InvalidRequestException if the schema is not JSON text of an
   *     object
   */
  public static Tool function(String name, String description, String parameters) {
    return new Tool(new FunctionDefinition(name, description, parameters));
  }
}
