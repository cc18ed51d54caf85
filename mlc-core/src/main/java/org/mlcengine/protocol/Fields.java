package org.mlcengine.protocol;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import org.mlcengine.errors.InvalidRequestException;

/** The fields of one JSON object, asked for by name. A field with a null counts as missing. */
final class Fields {
  private static final int SHOWN_CHARACTERS = 60;

  private final JsonNode node;
  private final String prefix;

  /** Takes the object at a path, which is the empty string for the whole text. */
  Fields(JsonNode node, String path) {
    if (!node.isObject()) {
      throw wrongType(path.isEmpty() ? "body" : path, "an object", node);
    }
    this.node = node;
    this.prefix = path.isEmpty() ? "" : path + ".";
  }

  static InvalidRequestException wrongType(String path, String expected, JsonNode found) {
    return new InvalidRequestException(
        path,
        "expected " + expected + ", found " + (found.isMissingNode() ? "nothing" : shown(found)));
  }

  static String shown(JsonNode value) {
    if (value.isContainerNode() && !value.isEmpty()) {
      return value.isArray() ? "a list" : "an object";
    }
    String text = value.toString();
    return text.length() > SHOWN_CHARACTERS ? text.substring(0, SHOWN_CHARACTERS) + "..." : text;
  }

  static String text(String path, JsonNode value) {
    if (!value.isTextual()) {
      throw wrongType(path, "a string", value);
    }
    return value.textValue();
  }

  static double number(String path, JsonNode value) {
    if (!value.isNumber()) {
      throw wrongType(path, "a number", value);
    }
    return value.doubleValue();
  }

  static int integer(String path, JsonNode value) {
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw wrongType(path, "an integer of 32 bits", value);
    }
    return value.intValue();
  }

  /** Reads the items of a list, each with its path. */
  static <T> List<T> items(
      String path, JsonNode value, String expected, BiFunction<String, JsonNode, T> reader) {
    if (!value.isArray()) {
      throw wrongType(path, expected, value);
    }
    List<T> items = new ArrayList<>(value.size());
    for (JsonNode item : value) {
      items.add(reader.apply(path + "[" + items.size() + "]", item));
    }
    return items;
  }

  String path(String name) {
    return prefix + name;
  }

  Optional<JsonNode> value(String name) {
    return Optional.ofNullable(node.get(name)).filter(value -> !value.isNull());
  }

  /** Returns a field that must be there, or a missing node, which no reader takes. */
  JsonNode required(String name) {
    return value(name).orElse(MissingNode.getInstance());
  }

  String requiredText(String name) {
    return text(path(name), required(name));
  }

  Fields requiredObject(String name) {
    return new Fields(required(name), path(name));
  }

  /** Returns the text, without spaces, of an object that must be there. */
  String requiredObjectText(String name) {
    return objectText(name).orElseThrow(() -> wrongType(path(name), "an object", required(name)));
  }

  Optional<String> text(String name) {
    return value(name).map(v -> text(path(name), v));
  }

  Optional<Double> number(String name) {
    return value(name).map(v -> number(path(name), v));
  }

  Optional<Integer> integer(String name) {
    return value(name).map(v -> integer(path(name), v));
  }

  Optional<Long> longInteger(String name) {
    Optional<JsonNode> value = value(name);
    value
        .filter(v -> !v.isIntegralNumber() || !v.canConvertToLong())
        .ifPresent(
            v -> {
              throw wrongType(path(name), "an integer of 64 bits", v);
            });
    return value.map(JsonNode::longValue);
  }

  Optional<Boolean> flag(String name) {
    Optional<JsonNode> value = value(name);
    value
        .filter(v -> !v.isBoolean())
        .ifPresent(
            v -> {
              throw wrongType(path(name), "true or false", v);
            });
    return value.map(JsonNode::booleanValue);
  }

  Optional<Fields> object(String name) {
    return value(name).map(v -> new Fields(v, path(name)));
  }

  /** Returns the text of an object without spaces. */
  Optional<String> objectText(String name) {
    return value(name)
        .map(
            v -> {
              if (!v.isObject()) {
                throw wrongType(path(name), "an object", v);
              }
              return JsonTexts.finite(path(name), v).toString();
            });
  }

  <T> List<T> items(String name, String expected, BiFunction<String, JsonNode, T> reader) {
    return value(name).map(v -> items(path(name), v, expected, reader)).orElse(List.of());
  }

  /**
   * Reads all fields of a table.
   *
   * @throws InvalidRequestException if the object has a field that the table does not have
   */
  <B> void read(Map<String, RequestField<B>> table, B builder) {
    node.fieldNames()
        .forEachRemaining(
            name -> {
              if (!table.containsKey(name)) {
                throw unknown(name, table);
              }
            });
    table.values().forEach(field -> field.reader().accept(this, builder));
  }

  private InvalidRequestException unknown(
      String name, Map<String, ? extends RequestField<?>> table) {
    String known =
        table.values().stream()
            .filter(field -> !field.isRefused())
            .map(RequestField::name)
            .collect(Collectors.joining(", "));
    String shown =
        name.length() > SHOWN_CHARACTERS ? name.substring(0, SHOWN_CHARACTERS) + "..." : name;
    return new InvalidRequestException(
        path(shown.isEmpty() ? "\"\"" : shown),
        "this field is not known; leave it out. Known here: " + known);
  }
}
