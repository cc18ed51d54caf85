package org.mlcengine.model;

import java.util.List;

/**
 * A parameter that a model library takes.
 *
 * @param name its name in the weights
 * @param shape its dimensions; those that the library names are resolved
 * @param dtype its element type
 */
public record LibraryParameter(String name, List<Long> shape, DataType dtype) {}
