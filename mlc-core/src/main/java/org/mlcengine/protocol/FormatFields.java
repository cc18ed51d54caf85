package org.mlcengine.protocol;

import static org.mlcengine.protocol.RequestField.honoured;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mlcengine.errors.InvalidRequestException;

/** Fields of {@code response_format}, which its type decides. */
final class FormatFields {
  private static final RequestField<FormatFields> TYPE =
      honoured("type", "string", "required", (f, r) -> {});

  /** Fields of {@code response_format.json_schema}. */
  static final Map<String, RequestField<FormatFields>> JSON_SCHEMA =
      RequestField.table(
          List.of(
              honoured(
                  "name",
                  "string of 1 to 64 letters, digits, underscores and hyphens",
                  "required",
                  (f, r) -> r.text = f.requiredText("name")),
              honoured(
                  "description", "string", "none", (f, r) -> r.description = f.text("description")),
              honoured(
                  "schema",
                  "object: a JSON Schema",
                  "any JSON object",
                  (f, r) -> r.schema = f.objectText("schema")),
              honoured(
                  "strict",
                  "boolean",
                  "false",
                  (f, r) -> r.strict = f.flag("strict").orElse(false))));

  /** Fields for each type, besides the type. */
  static final Map<String, Map<String, RequestField<FormatFields>>> TYPES = types();

  /** Fields of {@code response_format.structures[]}. */
  static final Map<String, RequestField<ObjectNode>> STRUCTURE =
      RequestField.table(
          List.of(
              honoured(
                  "begin", "string", "required", (f, t) -> t.put("begin", f.requiredText("begin"))),
              honoured(
                  "schema",
                  "object: a JSON Schema",
                  "required",
                  (f, t) ->
                      t.putObject("content")
                          .put("type", "json_schema")
                          .set("json_schema", JsonTexts.tree(f.requiredObjectText("schema")))),
              honoured(
                  "end", "string", "required", (f, t) -> t.put("end", f.requiredText("end")))));

  private String text = "";
  private Optional<String> description = Optional.empty();
  private Optional<String> schema = Optional.empty();
  private boolean strict;

  private FormatFields() {}

  static ResponseFormat read(Fields fields) {
    JsonNode type = fields.required("type");
    Map<String, RequestField<FormatFields>> table =
        TYPES.get(type.isTextual() ? type.textValue() : "");
    if (table == null) {
      throw Fields.wrongType(
          fields.path("type"), "one of " + String.join(", ", TYPES.keySet()), type);
    }
    FormatFields values = new FormatFields();
    fields.read(table, values);
    return switch (type.textValue()) {
      case "text" -> new ResponseFormat.Text();
      case "json_object" -> new ResponseFormat.JsonObject(values.schema);
      case "json_schema" ->
          new ResponseFormat.JsonSchema(
              values.text, values.description, values.schema, values.strict);
      case "regex" -> new ResponseFormat.Regex(values.text);
      case "grammar", "ebnf" -> new ResponseFormat.Ebnf(values.text);
      default -> new ResponseFormat.StructuralTag(values.text);
    };
  }

  private static Map<String, Map<String, RequestField<FormatFields>>> types() {
    Map<String, Map<String, RequestField<FormatFields>>> types = new LinkedHashMap<>();
    types.put("text", RequestField.table(List.of(TYPE)));
    types.put(
        "json_object",
        RequestField.table(
            List.of(
                TYPE,
                honoured(
                    "schema",
                    "string: JSON text of a JSON Schema, or the schema itself; MLC's extension",
                    "any JSON object",
                    FormatFields::readSchemaText))));
    types.put(
        "json_schema",
        RequestField.table(
            List.of(
                TYPE,
                honoured(
                    "json_schema",
                    "object of " + String.join(", ", JSON_SCHEMA.keySet()),
                    "required",
                    (f, r) -> f.requiredObject("json_schema").read(JSON_SCHEMA, r)))));
    types.put("regex", RequestField.table(List.of(TYPE, text("pattern", "a regular expression"))));
    types.put("grammar", RequestField.table(List.of(TYPE, text("grammar", "rules in GBNF"))));
    types.put("ebnf", RequestField.table(List.of(TYPE, text("grammar", "rules in GBNF"))));
    types.put(
        "structural_tag",
        RequestField.table(
            List.of(
                TYPE,
                honoured(
                    "format",
                    "object: xgrammar's structural tag",
                    "required, or the older two",
                    FormatFields::readTag),
                honoured(
                    "structures",
                    "list of objects of begin, schema, end; the older form",
                    "none",
                    (f, r) -> f.value("structures")),
                honoured(
                    "triggers",
                    "list of strings; the older form",
                    "none",
                    (f, r) -> f.value("triggers")))));
    return types;
  }

  private static RequestField<FormatFields> text(String name, String what) {
    return honoured(
        name,
        "string: " + what,
        "required",
        (f, r) -> {
          r.text = f.requiredText(name);
          if (r.text.isEmpty()) {
            throw new InvalidRequestException(f.path(name), "expected " + what + ", found \"\"");
          }
        });
  }

  private static void readSchemaText(Fields fields, FormatFields values) {
    values.schema =
        fields
            .value("schema")
            .flatMap(
                v ->
                    v.isTextual()
                        ? Optional.of(JsonTexts.object(fields.path("schema"), v.textValue()))
                        : fields.objectText("schema"));
  }

  private static void readTag(Fields fields, FormatFields values) {
    ObjectNode tag = JsonNodeFactory.instance.objectNode().put("type", "structural_tag");
    boolean older = fields.value("structures").isPresent() || fields.value("triggers").isPresent();
    if (older && fields.value("format").isPresent()) {
      throw new InvalidRequestException(
          fields.path("format"), "expected it without structures and triggers; leave those out");
    }
    JsonNode format =
        older ? triggeredTags(fields) : JsonTexts.tree(fields.requiredObjectText("format"));
    values.text = tag.set("format", format).toString();
  }

  /** Returns the newer form of {@code structures} and {@code triggers}. */
  private static ObjectNode triggeredTags(Fields fields) {
    ObjectNode format = JsonNodeFactory.instance.objectNode().put("type", "triggered_tags");
    ArrayNode triggers = format.putArray("triggers");
    fields.items("triggers", "a list of strings", Fields::text).forEach(triggers::add);
    ArrayNode tags = format.putArray("tags");
    fields.items("structures", "a list of objects", FormatFields::tag).forEach(tags::add);
    if (triggers.isEmpty() || tags.isEmpty()) {
      throw new InvalidRequestException(
          fields.path(tags.isEmpty() ? "structures" : "triggers"),
          "expected at least one, found none");
    }
    return format;
  }

  private static ObjectNode tag(String path, JsonNode json) {
    ObjectNode tag = JsonNodeFactory.instance.objectNode().put("type", "tag");
    new Fields(json, path).read(STRUCTURE, tag);
    return tag;
  }
}
