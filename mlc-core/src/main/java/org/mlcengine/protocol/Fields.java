package org.mlcengine.protocol;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.mlcengine.errors.InvalidRequestException;

/**
 * The fields of one JSON object, asked for by name. A field with a null counts as missing. What
 * nobody asked for is refused by {@link #refuseOthers()}.
 */
final class Fields {
  private static final int SHOWN_CHARACTERS = 60;

  private final JsonNode node;
  private final String prefix;
  private final Set<String> known = new LinkedHashSet<>();

  /** Takes the object at a path, which is the empty string for the whole text. */
  Fields(JsonNode node, String path) {
    if (!node.isObject()) {
      throw wrongType(path.isEmpty() ? "body" : path, "an object", node);
    }
    this.node = node;
    this.prefix = path.isEmpty() ? "" : path + ".";
  }

  static InvalidRequestException wrongType(String path, String expected, JsonNode found) {
    String text = found.isMissingNode() ? "nothing" : found.toString();
    if (text.length() > SHOWN_CHARACTERS) {
      text = text.substring(0, SHOWN_CHARACTERS) + "...";
    }
    return new InvalidRequestException(path, "expected " + expected + ", found " + text);
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

  String path(String name) {
    return prefix + name;
  }

  Optional<JsonNode> value(String name) {
    known.add(name);
    return Optional.ofNullable(node.get(name)).filter(value -> !value.isNull());
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

  /** Reads an inner object, of which every field must be asked for by the reader. */
  void object(String name, Consumer<Fields> reader) {
    value(name)
        .ifPresent(
            v -> {
              Fields inner = new Fields(v, path(name));
              reader.accept(inner);
              inner.refuseOthers();
            });
  }

  /** Throws if the object has a field that was not asked for. */
  void refuseOthers() {
    node.fieldNames()
        .forEachRemaining(
            name -> {
              if (!known.contains(name)) {
                throw new InvalidRequestException(
                    path(name),
                    "this field is not supported; leave it out. Supported here: "
                        + String.join(", ", known));
              }
            });
  }
}
