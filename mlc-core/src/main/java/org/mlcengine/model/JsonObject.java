package org.mlcengine.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BiFunction;
import org.mlcengine.errors.MLCException;

/**
 * A JSON object with typed access to its fields. An error names the document, the field's path,
 * what was expected and what was found. A {@code null} counts as missing.
 *
 * @param source the document
 * @param path the object's path in it, empty at the top
 * @param node the object itself
 */
record JsonObject(JsonSource source, String path, ObjectNode node) {
  private static final int MAX_SHOWN = 60;

  boolean has(String field) {
    return node.hasNonNull(field);
  }

  String string(String field) {
    JsonNode value = node.path(field);
    if (!value.isTextual() || value.textValue().isEmpty()) {
      throw invalid(field, "a non-empty string");
    }
    return value.textValue();
  }

  Optional<String> optionalString(String field) {
    return has(field) ? Optional.of(string(field)) : Optional.empty();
  }

  boolean bool(String field, boolean otherwise) {
    if (has(field) && !node.path(field).isBoolean()) {
      throw invalid(field, "true or false");
    }
    return node.path(field).asBoolean(otherwise);
  }

  long number(String field, long min, long max) {
    return integer(field, node.path(field), min, max);
  }

  int integer(String field, int min, int max) {
    return (int) number(field, min, max);
  }

  int integer(String field, int otherwise, int min, int max) {
    return has(field) ? integer(field, min, max) : otherwise;
  }

  OptionalInt optionalInteger(String field, int min, int max) {
    return has(field) ? OptionalInt.of(integer(field, min, max)) : OptionalInt.empty();
  }

  double decimal(String field, double otherwise, double min, double max) {
    if (!has(field)) {
      return otherwise;
    }
    JsonNode value = node.path(field);
    double number = value.isNumber() ? value.doubleValue() : Double.NaN;
    if (!(number >= min && number <= max)) {
      throw invalid(field, "a number from %s to %s".formatted(min, max));
    }
    return number;
  }

  /** One element of an array field, as an integer. */
  long integer(String field, JsonNode value, long min, long max) {
    if (!value.isIntegralNumber()
        || !value.canConvertToLong()
        || value.longValue() < min
        || value.longValue() > max) {
      throw invalid(field, value, "an integer from %d to %d".formatted(min, max));
    }
    return value.longValue();
  }

  JsonObject object(String field) {
    return object(field, node.path(field));
  }

  Optional<JsonObject> optionalObject(String field) {
    return has(field) ? Optional.of(object(field)) : Optional.empty();
  }

  /**
   * The elements of an array field.
   *
   * @param field the field's name
   * @param read turns an element, called by its path ({@code field[3]}), into a value
   */
  <T> List<T> list(String field, BiFunction<String, JsonNode, T> read) {
    JsonNode array = node.path(field);
    if (!array.isArray()) {
      throw invalid(field, "an array");
    }
    List<T> values = new ArrayList<>(array.size());
    for (int i = 0; i < array.size(); i++) {
      values.add(read.apply(field + "[" + i + "]", array.get(i)));
    }
    return List.copyOf(values);
  }

  List<JsonObject> objects(String field) {
    return list(field, this::object);
  }

  /** The strings of an array field; none when the field is missing. */
  List<String> strings(String field) {
    return has(field) ? list(field, this::text) : List.of();
  }

  MLCException invalid(String field, String expected) {
    return invalid(field, node.path(field), expected);
  }

  MLCException invalid(String field, JsonNode found, String expected) {
    return source.error(
        "field '%s%s': expected %s, found %s".formatted(path, field, expected, describe(found)));
  }

  /** A value as messages show it: its kind, and its text when it is short. */
  static String describe(JsonNode value) {
    return switch (value.getNodeType()) {
      case MISSING -> "nothing";
      case OBJECT -> "an object";
      case ARRAY -> "an array of " + value.size();
      default -> {
        String text = value.toString();
        yield text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "...";
      }
    };
  }

  private JsonObject object(String field, JsonNode value) {
    if (value instanceof ObjectNode object) {
      return new JsonObject(source, path + field + ".", object);
    }
    throw invalid(field, value, "an object");
  }

  private String text(String field, JsonNode value) {
    if (!value.isTextual()) {
      throw invalid(field, value, "a string");
    }
    return value.textValue();
  }
}
