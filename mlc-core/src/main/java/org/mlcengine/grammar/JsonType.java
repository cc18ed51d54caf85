package org.mlcengine.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** The types of JSON Schema. */
enum JsonType {
  STRING,
  NUMBER,
  INTEGER,
  BOOLEAN,
  NULL,
  ARRAY,
  OBJECT;

  /** The types that the keyword {@code type} names. */
  static Set<JsonType> of(JsonNode type, String path) {
    Set<JsonType> types = EnumSet.noneOf(JsonType.class);
    if (type.isTextual()) {
      types.add(of(type.textValue(), path));
    } else if (type.isArray() && !type.isEmpty()) {
      type.forEach(one -> types.add(of(one.isTextual() ? one.textValue() : "", path)));
    } else {
      throw SchemaReader.malformed(path, "type is a name, or an array of names");
    }
    if (types.contains(NUMBER)) {
      types.remove(INTEGER);
    }
    return types;
  }

  private static JsonType of(String name, String path) {
    for (JsonType type : values()) {
      if (type.toString().equals(name)) {
        return type;
      }
    }
    throw SchemaReader.malformed(
        path, "type is one of string, number, integer, boolean, null, array, object");
  }

  /** The types that a schema's keywords are about. */
  static Set<JsonType> about(JsonNode schema) {
    Set<JsonType> types = EnumSet.noneOf(JsonType.class);
    schema
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (SchemaKeywords.OBJECT.contains(name)) {
                types.add(OBJECT);
              } else if (SchemaKeywords.ARRAY.contains(name)) {
                types.add(ARRAY);
              } else if (SchemaKeywords.TEXT.contains(name)) {
                types.add(STRING);
              } else if (SchemaKeywords.NUMBER.contains(name)) {
                types.add(NUMBER);
              }
            });
    return types;
  }

  /** Tells whether a value is of any of the types. */
  static boolean anyMatches(Set<JsonType> types, JsonNode value) {
    return types.contains(of(value)) || (of(value) == INTEGER && types.contains(NUMBER));
  }

  /** The narrowest type of a value. */
  static JsonType of(JsonNode value) {
    return switch (value.getNodeType()) {
      case STRING -> STRING;
      case NUMBER -> isWhole(value.decimalValue()) ? INTEGER : NUMBER;
      case BOOLEAN -> BOOLEAN;
      case NULL -> NULL;
      case ARRAY -> ARRAY;
      default -> OBJECT;
    };
  }

  /** Tells whether every value of a schema is of one of the types, as far as can be seen. */
  static boolean covers(Set<JsonType> types, Schema schema) {
    return switch (schema) {
      case Schema.Any any -> false;
      case Schema.Ref ref -> false;
      case Schema.Literals literals ->
          literals.values().stream().allMatch(v -> anyMatches(types, v));
      case Schema.Text text -> types.contains(STRING);
      case Schema.Matching matching -> types.contains(STRING);
      case Schema.Numbers numbers ->
          types.contains(NUMBER) || (numbers.whole() && types.contains(INTEGER));
      case Schema.Bool bool -> types.contains(BOOLEAN);
      case Schema.Nil nil -> types.contains(NULL);
      case Schema.Items items -> types.contains(ARRAY);
      case Schema.Members members -> types.contains(OBJECT);
      case Schema.Union union -> union.options().stream().allMatch(o -> covers(types, o));
    };
  }

  private static boolean isWhole(BigDecimal value) {
    return value.signum() == 0 || value.stripTrailingZeros().scale() <= 0;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
