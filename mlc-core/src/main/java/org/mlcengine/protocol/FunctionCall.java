package org.mlcengine.protocol;

/**
 * A function that the model wants to be called.
 *
 * @param name the function's name
 * @param arguments JSON text of an object, as the model wrote it; a reply that was cut has only the
 *     beginning of one
 */
public record FunctionCall(String name, String arguments) {}
