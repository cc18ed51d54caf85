package org.mlcengine.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.grammar.Schema.Any;
import org.mlcengine.grammar.Schema.Items;
import org.mlcengine.grammar.Schema.Literals;
import org.mlcengine.grammar.Schema.Members;
import org.mlcengine.grammar.Schema.Property;
import org.mlcengine.grammar.Schema.Ref;
import org.mlcengine.grammar.Schema.Union;

/**
 * Reads a JSON schema. Every value that the result allows satisfies the schema; whatever cannot be
 * kept to is refused by name. The result may allow less than the schema does: where a schema names
 * no type, for instance, only values of the types that its keywords are about.
 */
final class SchemaReader {
  /** More schemas than this take seconds to compile. */
  private static final int MAX_SCHEMAS = 2_000;

  private static final int MAX_DEPTH = 64;
  private static final int MAX_VALUES = 2_000;
  private static final int MAX_COUNT = 10_000;

  private final JsonNode root;
  private final boolean strict;
  private final Map<String, Schema> refs = new HashMap<>();
  private final Deque<String> unread = new ArrayDeque<>();
  private int schemas;
  private int depth;

  private SchemaReader(JsonNode root, boolean strict) {
    this.root = root;
    this.strict = strict;
  }

  /** A schema and those that it refers to by pointer. */
  record Result(Schema root, Map<String, Schema> refs) {}

  /**
   * Reads a schema.
   *
   * @param strict as in {@link GrammarSpec.JsonSchema}
   * @throws InvalidRequestException if it is malformed, or uses what grammars do not support
   */
  static Result read(JsonNode root, boolean strict) {
    SchemaReader reader = new SchemaReader(root, strict);
    Schema top = reader.schema(root, "#");
    while (!reader.unread.isEmpty()) {
      String pointer = reader.unread.pop();
      reader.refs.put(pointer, reader.schema(SchemaPointer.resolve(root, pointer), pointer));
    }
    return new Result(top, reader.refs);
  }

  private Schema schema(JsonNode node, String path) {
    if (++schemas > MAX_SCHEMAS) {
      throw Refusal.of("the schema is too large: it holds more than %d schemas", MAX_SCHEMAS);
    }
    if (node.isBoolean()) {
      return node.booleanValue() ? new Any() : Schema.NOTHING;
    }
    if (!node.isObject()) {
      throw malformed(path, "a schema is an object or a boolean");
    }
    if (++depth > MAX_DEPTH) {
      throw Refusal.of("the schema nests more than %d schemas at %s", MAX_DEPTH, path);
    }
    SchemaKeywords.check(node, path);
    Schema read = whole(node, path);
    depth--;
    return read;
  }

  private Schema whole(JsonNode node, String path) {
    for (String keyword : SchemaKeywords.WHOLE) {
      if (node.has(keyword)) {
        requireAlone(node, keyword, path);
        return ofType(whole(node, keyword, path), node, keyword, path);
      }
    }
    return typed(node, path);
  }

  private Schema whole(JsonNode node, String keyword, String path) {
    JsonNode value = node.path(keyword);
    return switch (keyword) {
      case "$ref" -> reference(value, path);
      case "const" -> new Literals(List.of(value));
      case "enum" -> new Literals(values(value, path));
      case "anyOf", "oneOf" -> {
        Schema options = options(value, keyword, path);
        if (keyword.equals("oneOf")) {
          OneOfCheck.check(root, value, path);
        }
        yield options;
      }
      default -> {
        if (!value.isArray() || value.size() != 1) {
          throw Refusal.of(
              "the schema's keyword \"allOf\" at %s is supported with one schema in it only: merge"
                  + " its schemas into one.",
              path);
        }
        yield schema(value.path(0), path + "/allOf/0");
      }
    };
  }

  /** A keyword that stands for a whole schema has nothing but its type beside it. */
  private static void requireAlone(JsonNode node, String keyword, String path) {
    for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
      String other = names.next();
      boolean typed = other.equals("type") && !keyword.equals("$ref") && !keyword.equals("allOf");
      if (SchemaKeywords.isHonoured(other) && !other.equals(keyword) && !typed) {
        throw Refusal.of(
            "the schema's keyword \"%s\" at %s is not supported beside \"%s\": move it into the"
                + " schemas that it is about.",
            other, path, keyword);
      }
    }
  }

  /** Keeps to the type beside a keyword that stands for a whole schema. */
  private Schema ofType(Schema read, JsonNode node, String keyword, String path) {
    if (!node.has("type")) {
      return read;
    }
    Set<JsonType> types = JsonType.of(node.path("type"), path);
    if (read instanceof Literals literals) {
      return new Literals(
          literals.values().stream().filter(v -> JsonType.anyMatches(types, v)).toList());
    }
    for (Schema option : ((Union) read).options()) {
      if (!JsonType.covers(types, option)) {
        throw Refusal.of(
            "the schema's keyword \"type\" at %s does not cover every schema in its \"%s\": move it"
                + " into them.",
            path, keyword);
      }
    }
    return read;
  }

  private Schema reference(JsonNode value, String path) {
    if (!value.isTextual()) {
      throw malformed(path, "$ref is a string");
    }
    String pointer = value.textValue();
    if (!pointer.equals("#") && !pointer.startsWith("#/")) {
      throw Refusal.of(
          "the schema's $ref \"%s\" at %s leads out of the schema: put what it means into $defs and"
              + " refer to it by #/$defs/NAME.",
          pointer, path);
    }
    if (refs.putIfAbsent(pointer, Schema.NOTHING) == null) {
      SchemaPointer.resolve(root, pointer);
      unread.push(pointer);
    }
    return new Ref(pointer);
  }

  private static List<JsonNode> values(JsonNode value, String path) {
    if (!value.isArray() || value.isEmpty()) {
      throw malformed(path, "enum is an array with at least one value");
    }
    if (value.size() > MAX_VALUES) {
      throw Refusal.of("enum at %s holds more than %d values", path, MAX_VALUES);
    }
    List<JsonNode> values = new ArrayList<>();
    value.forEach(values::add);
    return values;
  }

  private Schema options(JsonNode value, String keyword, String path) {
    if (!value.isArray() || value.isEmpty()) {
      throw malformed(path, keyword + " is an array with at least one schema");
    }
    List<Schema> options = new ArrayList<>();
    for (int i = 0; i < value.size(); i++) {
      options.add(schema(value.path(i), path + "/" + keyword + "/" + i));
    }
    return new Union(List.copyOf(options));
  }

  private Schema typed(JsonNode node, String path) {
    Set<JsonType> types =
        node.has("type") ? JsonType.of(node.path("type"), path) : JsonType.about(node);
    if (types.isEmpty()) {
      return new Any();
    }
    List<Schema> options = new ArrayList<>();
    for (JsonType type : types) {
      options.add(
          switch (type) {
            case STRING -> SchemaValues.text(node, path);
            case NUMBER, INTEGER -> SchemaValues.number(node, path, type == JsonType.INTEGER);
            case BOOLEAN -> new Schema.Bool();
            case NULL -> new Schema.Nil();
            case ARRAY -> items(node, path);
            case OBJECT -> members(node, path);
          });
    }
    return options.size() == 1 ? options.getFirst() : new Union(List.copyOf(options));
  }

  private Schema items(JsonNode node, String path) {
    List<Schema> first = new ArrayList<>();
    JsonNode prefix = node.path("prefixItems");
    if (node.has("prefixItems") && !prefix.isArray()) {
      throw malformed(path, "prefixItems is an array of schemas");
    }
    for (int i = 0; i < prefix.size(); i++) {
      first.add(schema(prefix.path(i), path + "/prefixItems/" + i));
    }
    if (node.path("items").isArray()) {
      throw Refusal.of("items at %s is an array: use prefixItems for a tuple.", path);
    }
    Schema rest =
        node.has("items")
            ? schema(node.path("items"), path + "/items")
            : strict && !first.isEmpty() ? null : new Any();
    int min = SchemaValues.count(node, "minItems", 0, MAX_COUNT, path);
    int max = SchemaValues.count(node, "maxItems", Integer.MAX_VALUE, MAX_COUNT, path);
    return new Items(List.copyOf(first), rest, min, max);
  }

  private Schema members(JsonNode node, String path) {
    JsonNode declared = node.path("properties");
    if (node.has("properties") && !declared.isObject()) {
      throw malformed(path, "properties is an object of schemas");
    }
    Set<String> required = required(node, path);
    List<Property> properties = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : declared.properties()) {
      String name = entry.getKey();
      Schema value = schema(entry.getValue(), path + "/properties/" + name);
      properties.add(new Property(name, value, required.remove(name)));
    }
    Schema rest = rest(node, path, properties.isEmpty() && required.isEmpty());
    for (String name : required) {
      if (rest == null) {
        throw Refusal.of(
            "the schema at %s requires \"%s\", which it neither declares nor allows: declare it in"
                + " properties.",
            path, name);
      }
      properties.add(new Property(name, rest, true));
    }
    int min = SchemaValues.count(node, "minProperties", 0, MAX_COUNT, path);
    int max = SchemaValues.count(node, "maxProperties", Integer.MAX_VALUE, MAX_COUNT, path);
    return new Members(List.copyOf(properties), rest, min, max);
  }

  private @Nullable Schema rest(JsonNode node, String path, boolean isMap) {
    JsonNode additional = node.path("additionalProperties");
    if (node.has("additionalProperties")) {
      Schema rest = schema(additional, path + "/additionalProperties");
      return rest.equals(Schema.NOTHING) ? null : rest;
    }
    return strict && !isMap ? null : new Any();
  }

  private static Set<String> required(JsonNode node, String path) {
    JsonNode names = node.path("required");
    Set<String> required = new LinkedHashSet<>();
    if (node.has("required") && !names.isArray()) {
      throw malformed(path, "required is an array of names");
    }
    for (JsonNode name : names) {
      if (!name.isTextual()) {
        throw malformed(path, "required is an array of names");
      }
      required.add(name.textValue());
    }
    return required;
  }

  static InvalidRequestException malformed(String path, String expected) {
    return Refusal.of("the schema at %s is malformed: %s", path, expected);
  }
}
