package org.mlcengine.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mlcengine.errors.InvalidRequestException;

/** JSON Schema's keywords: those that grammars honour, those that say nothing, and the others. */
final class SchemaKeywords {
  static final Set<String> TEXT = Set.of("minLength", "maxLength", "pattern", "format");
  static final Set<String> NUMBER =
      Set.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf");
  static final Set<String> OBJECT =
      Set.of("properties", "required", "additionalProperties", "minProperties", "maxProperties");
  static final Set<String> ARRAY = Set.of("items", "prefixItems", "minItems", "maxItems");

  /** Keywords that stand for a whole schema, in the order in which they are looked for. */
  static final List<String> WHOLE = List.of("$ref", "const", "enum", "anyOf", "oneOf", "allOf");

  private static final Set<String> ANNOTATIONS =
      Set.of(
          "title",
          "description",
          "default",
          "examples",
          "example",
          "deprecated",
          "readOnly",
          "writeOnly",
          "discriminator",
          "$comment",
          "$schema",
          "$defs",
          "definitions");

  private static final Map<String, String> REMEDIES =
      Map.ofEntries(
          Map.entry("not", "list what is allowed instead"),
          Map.entry("if", "use anyOf with one schema for each case"),
          Map.entry("then", "use anyOf with one schema for each case"),
          Map.entry("else", "use anyOf with one schema for each case"),
          Map.entry("patternProperties", "declare the properties, or use additionalProperties"),
          Map.entry("propertyNames", "declare the properties, or use additionalProperties"),
          Map.entry("dependentRequired", "use anyOf with one schema for each case"),
          Map.entry("dependentSchemas", "use anyOf with one schema for each case"),
          Map.entry("dependencies", "use anyOf with one schema for each case"),
          Map.entry("unevaluatedProperties", "use additionalProperties"),
          Map.entry("unevaluatedItems", "use items"),
          Map.entry("additionalItems", "use prefixItems and items"),
          Map.entry("contains", "use prefixItems"),
          Map.entry("minContains", "use minItems"),
          Map.entry("maxContains", "use maxItems"),
          Map.entry("uniqueItems", "check the reply, or list the arrays that are allowed"),
          Map.entry("nullable", "use \"type\": [..., \"null\"]"),
          Map.entry("contentEncoding", "use pattern"),
          Map.entry("contentMediaType", "use pattern"),
          Map.entry("contentSchema", "use pattern"),
          Map.entry("$id", "keep everything in one schema and refer to it by #/..."),
          Map.entry("$anchor", "refer by #/$defs/NAME"),
          Map.entry("$dynamicRef", "use $ref"),
          Map.entry("$dynamicAnchor", "refer by #/$defs/NAME"),
          Map.entry("$recursiveRef", "use $ref"),
          Map.entry("$recursiveAnchor", "refer by #/$defs/NAME"),
          Map.entry("$vocabulary", "leave it out"));

  private SchemaKeywords() {}

  /** Throws unless every keyword of a schema is honoured or says nothing about values. */
  static void check(JsonNode schema, String path) {
    for (Iterator<String> names = schema.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (isHonoured(name) || ANNOTATIONS.contains(name) || name.startsWith("x-")) {
        continue;
      }
      boolean harmless =
          (name.equals("$id") && path.equals("#"))
              || (name.equals("uniqueItems") && schema.path(name).equals(BooleanNode.FALSE))
              || (name.equals("nullable") && schema.path(name).equals(BooleanNode.FALSE));
      if (!harmless) {
        throw refusal(name, path);
      }
    }
  }

  /** Tells whether a keyword says anything about values. */
  static boolean isHonoured(String name) {
    return TEXT.contains(name)
        || NUMBER.contains(name)
        || OBJECT.contains(name)
        || ARRAY.contains(name)
        || WHOLE.contains(name)
        || name.equals("type");
  }

  private static InvalidRequestException refusal(String name, String path) {
    String remedy = REMEDIES.get(name);
    return remedy == null
        ? Refusal.of(
            "the schema's keyword \"%s\" at %s is unknown. Leave it out, or name it x-%s.",
            name, path, name)
        : Refusal.of("the schema's keyword \"%s\" at %s is not supported: %s.", name, path, remedy);
  }
}
