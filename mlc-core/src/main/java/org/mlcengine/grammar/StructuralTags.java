package org.mlcengine.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Checks structural tags, and puts the grammars that this package writes in the place of their JSON
 * schemas and regular expressions.
 */
final class StructuralTags {
  private static final int MAX_DEPTH = 30;
  private static final int MAX_FORMATS = 500;

  /** The formats that are supported, with their fields. */
  private static final Map<String, Set<String>> FORMATS =
      Map.ofEntries(
          Map.entry("const_string", Set.of("value")),
          Map.entry("json_schema", Set.of("json_schema", "style")),
          Map.entry("grammar", Set.of("grammar")),
          Map.entry("regex", Set.of("pattern")),
          Map.entry("any_text", Set.of("excludes")),
          Map.entry("sequence", Set.of("elements")),
          Map.entry("or", Set.of("elements")),
          Map.entry("optional", Set.of("content")),
          Map.entry("plus", Set.of("content")),
          Map.entry("star", Set.of("content")),
          Map.entry("tag", Set.of("begin", "content", "end")),
          Map.entry(
              "triggered_tags",
              Set.of("triggers", "tags", "at_least_one", "stop_after_first", "excludes")),
          Map.entry(
              "tags_with_separator",
              Set.of("tags", "separator", "at_least_one", "stop_after_first")));

  private static final Set<String> OPTIONAL =
      Set.of("excludes", "at_least_one", "stop_after_first", "style");

  private int depth;
  private int formats;

  private StructuralTags() {}

  /** Returns the structural tag that XGrammar is given. */
  static String translate(String json) {
    JsonNode tag = SpecJson.read("the structural tag", json);
    requireFields(tag, "the structural tag", Set.of("type", "format"));
    if (!tag.path("type").asText().equals("structural_tag") || !tag.has("format")) {
      throw Refusal.of(
          "the structural tag is malformed: expected {\"type\": \"structural_tag\", \"format\":"
              + " {...}}");
    }
    ObjectNode out = JsonNodeFactory.instance.objectNode().put("type", "structural_tag");
    out.set("format", new StructuralTags().format(tag.path("format"), "format"));
    return out.toString();
  }

  private JsonNode format(JsonNode format, String path) {
    String type = format.path("type").asText();
    Set<String> fields = FORMATS.get(type);
    if (fields == null) {
      throw Refusal.of(
          "the structural tag's format \"%s\" at %s is not supported; expected one of %s",
          type, path, String.join(", ", new TreeSet<>(FORMATS.keySet())));
    }
    if (++depth > MAX_DEPTH || ++formats > MAX_FORMATS) {
      throw Refusal.of(
          "the structural tag is too large: expected at most %d formats, nested at most %d deep",
          MAX_FORMATS, MAX_DEPTH);
    }
    requireFields(format, path, fields);
    for (String field : fields) {
      if (!format.has(field) && !OPTIONAL.contains(field)) {
        throw Refusal.of("the structural tag's %s at %s lacks \"%s\"", type, path, field);
      }
    }
    JsonNode result = translated(type, format, path);
    depth--;
    return result;
  }

  private JsonNode translated(String type, JsonNode format, String path) {
    switch (type) {
      case "json_schema" -> {
        return jsonSchema(format, path);
      }
      case "regex" -> {
        return grammar(GrammarSource.regex(text(format, "pattern", path)));
      }
      case "grammar" -> {
        return grammar(EbnfCheck.check(text(format, "grammar", path)));
      }
      default -> {
        ObjectNode copy = format.deepCopy();
        for (String list : Set.of("elements", "tags")) {
          if (format.has(list)) {
            copy.set(list, formats(format.path(list), path + "." + list));
          }
        }
        if (format.has("content")) {
          copy.set("content", format(format.path("content"), path + ".content"));
        }
        return copy;
      }
    }
  }

  private static ObjectNode jsonSchema(JsonNode format, String path) {
    JsonNode schema = format.path("json_schema");
    return switch (format.path("style").asText("json")) {
      case "json" -> grammar(GrammarSource.schema(schema, true));
      case "qwen_xml" -> TaggedArguments.write(SchemaReader.read(schema, true));
      default ->
          throw Refusal.of(
              "the structural tag's %s.style is \"json\" or \"qwen_xml\"; found %s",
              path, format.path("style"));
    };
  }

  private ArrayNode formats(JsonNode list, String path) {
    if (!list.isArray() || list.isEmpty()) {
      throw Refusal.of("the structural tag's %s is an array with at least one format", path);
    }
    ArrayNode out = JsonNodeFactory.instance.arrayNode();
    for (int i = 0; i < list.size(); i++) {
      out.add(format(list.path(i), path + "[" + i + "]"));
    }
    return out;
  }

  private static ObjectNode grammar(String text) {
    return JsonNodeFactory.instance.objectNode().put("type", "grammar").put("grammar", text);
  }

  private static String text(JsonNode format, String field, String path) {
    if (!format.path(field).isTextual()) {
      throw Refusal.of("the structural tag's %s.%s is a string", path, field);
    }
    return format.path(field).textValue();
  }

  private static void requireFields(JsonNode node, String path, Set<String> fields) {
    if (!node.isObject()) {
      throw Refusal.of("the structural tag is malformed: expected an object at %s", path);
    }
    node.fieldNames()
        .forEachRemaining(
            name -> {
              if (!name.equals("type") && !fields.contains(name)) {
                throw Refusal.of(
                    "the structural tag's field \"%s\" at %s is not supported; expected some of %s",
                    name, path, new TreeSet<>(fields));
              }
            });
  }
}
