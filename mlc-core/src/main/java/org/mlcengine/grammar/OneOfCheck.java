package org.mlcengine.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether the schemas of a {@code oneOf} exclude each other, so that a value of one is never a
 * value of another: by their types, by the values that they list, or by a property that both
 * require.
 */
final class OneOfCheck {
  private static final int MAX_DEPTH = 8;
  private static final int MAX_OPTIONS = 100;

  private final JsonNode root;

  private OneOfCheck(JsonNode root) {
    this.root = root;
  }

  /** Throws unless every two of the options exclude each other. */
  static void check(JsonNode root, JsonNode options, String path) {
    OneOfCheck check = new OneOfCheck(root);
    if (options.size() > MAX_OPTIONS) {
      throw Refusal.of("oneOf at %s holds more than %d schemas: use anyOf.", path, MAX_OPTIONS);
    }
    for (int i = 0; i < options.size(); i++) {
      for (int j = 0; j < i; j++) {
        if (!check.exclude(options.path(j), options.path(i), MAX_DEPTH)) {
          throw Refusal.of(
              "the schemas %d and %d of oneOf at %s may overlap: use anyOf, or give each a property"
                  + " that is required and has a const of its own.",
              j, i, path);
        }
      }
    }
  }

  private boolean exclude(JsonNode a, JsonNode b, int depth) {
    if (depth == 0) {
      return false;
    }
    JsonNode left = followed(a);
    JsonNode right = followed(b);
    for (String keyword : List.of("anyOf", "oneOf")) {
      if (left.path(keyword).isArray()) {
        return allExclude(left.path(keyword), right, depth - 1);
      }
      if (right.path(keyword).isArray()) {
        return allExclude(right.path(keyword), left, depth - 1);
      }
    }
    List<JsonNode> leftValues = values(left);
    List<JsonNode> rightValues = values(right);
    if (leftValues != null && rightValues != null) {
      return leftValues.stream().noneMatch(v -> rightValues.stream().anyMatch(w -> same(v, w)));
    }
    Set<JsonType> leftTypes = types(left, leftValues);
    Set<JsonType> rightTypes = types(right, rightValues);
    leftTypes.retainAll(rightTypes);
    return leftTypes.isEmpty()
        || (leftTypes.equals(EnumSet.of(JsonType.OBJECT)) && excludeByMember(left, right, depth));
  }

  private boolean allExclude(JsonNode options, JsonNode other, int depth) {
    for (JsonNode option : options) {
      if (!exclude(option, other, depth)) {
        return false;
      }
    }
    return true;
  }

  private boolean excludeByMember(JsonNode left, JsonNode right, int depth) {
    for (JsonNode name : left.path("required")) {
      boolean shared = false;
      for (JsonNode other : right.path("required")) {
        shared |= other.equals(name);
      }
      JsonNode a = left.path("properties").path(name.asText());
      JsonNode b = right.path("properties").path(name.asText());
      if (shared && a.isObject() && b.isObject() && exclude(a, b, depth - 1)) {
        return true;
      }
    }
    return false;
  }

  private JsonNode followed(JsonNode schema) {
    JsonNode node = schema;
    for (int i = 0; i < MAX_DEPTH && node.path("$ref").isTextual(); i++) {
      node = SchemaPointer.resolve(root, node.path("$ref").textValue());
    }
    return node;
  }

  private static @Nullable List<JsonNode> values(JsonNode schema) {
    if (schema.has("const")) {
      return List.of(schema.path("const"));
    }
    if (!schema.path("enum").isArray()) {
      return null;
    }
    List<JsonNode> values = new ArrayList<>();
    schema.path("enum").forEach(values::add);
    return values;
  }

  /** Every type that a value of a schema may have; integers are numbers here. */
  private static Set<JsonType> types(JsonNode schema, @Nullable List<JsonNode> values) {
    Set<JsonType> types = EnumSet.noneOf(JsonType.class);
    if (values != null) {
      values.forEach(v -> types.add(JsonType.of(v)));
    } else if (schema.has("type") && !schema.has("$ref")) {
      types.addAll(JsonType.of(schema.path("type"), "#"));
    } else {
      types.addAll(EnumSet.allOf(JsonType.class));
    }
    if (types.remove(JsonType.INTEGER)) {
      types.add(JsonType.NUMBER);
    }
    return types;
  }

  private static boolean same(JsonNode a, JsonNode b) {
    if (a.isNumber() && b.isNumber()) {
      return a.decimalValue().compareTo(b.decimalValue()) == 0;
    }
    return a.getNodeType() == b.getNodeType() && (a.isContainerNode() || a.equals(b));
  }
}
