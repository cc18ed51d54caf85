package org.mlcengine.tools;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.StreamSupport;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.protocol.FunctionDefinition;
import org.mlcengine.protocol.Tool;

/**
 * Writes formats of calls as Python writes them. Required arguments come first; values are written
 * as JSON writes them, which {@link PythonCallsReader} reads as well.
 */
final class PythonCallGrammar {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final Function<FunctionDefinition, Optional<JsonNode>> schemas;

  /** Creates a writer; a function without a schema may have any arguments. */
  PythonCallGrammar(Function<FunctionDefinition, Optional<JsonNode>> schemas) {
    this.schemas = schemas;
  }

  /** Returns the tag of a list of one certain call. */
  JsonNode oneCall(FunctionDefinition function) {
    return ToolGrammar.between("[" + function.name() + "(", arguments(function), ")]");
  }

  /** Returns the format of a list of calls. */
  JsonNode list(List<Tool> tools, boolean several) {
    ArrayNode calls = NODES.arrayNode();
    for (Tool tool : tools) {
      FunctionDefinition function = tool.function();
      calls.add(ToolGrammar.between(function.name() + "(", arguments(function), ")"));
    }
    JsonNode call = ToolGrammar.format("or").set("elements", calls);
    JsonNode more =
        ToolGrammar.format("star").set("content", ToolGrammar.sequence(constant(", "), call));
    return several
        ? ToolGrammar.sequence(constant("["), call, more, constant("]"))
        : ToolGrammar.sequence(constant("["), call, constant("]"));
  }

  private JsonNode arguments(FunctionDefinition function) {
    Optional<JsonNode> schema = schemas.apply(function);
    if (schema.isEmpty()) {
      return anyArguments();
    }
    List<String> required = new ArrayList<>();
    List<String> optional = new ArrayList<>();
    JsonNode properties = schema.get().path("properties");
    List<String> wanted =
        StreamSupport.stream(schema.get().path("required").spliterator(), false)
            .map(JsonNode::asText)
            .toList();
    for (Map.Entry<String, JsonNode> property : properties.properties()) {
      requireName(function, property.getKey());
      (wanted.contains(property.getKey()) ? required : optional).add(property.getKey());
    }
    for (String keyword : List.of("$ref", "anyOf", "oneOf", "allOf", "patternProperties")) {
      if (schema.get().has(keyword)) {
        throw refusal(function, "an object with properties, found " + keyword);
      }
    }
    List<JsonNode> parts = new ArrayList<>();
    for (String name : required) {
      parts.add(argument(schema.get(), name, parts.isEmpty()));
    }
    if (required.isEmpty() && !optional.isEmpty()) {
      parts.add(onlyOptional(schema.get(), optional));
    } else {
      optional.forEach(name -> parts.add(ToolGrammar.maybe(argument(schema.get(), name, false))));
    }
    return parts.isEmpty() ? constant("") : ToolGrammar.sequence(parts.toArray(JsonNode[]::new));
  }

  /** Arguments none of which must be there: the first of them has no comma before it. */
  private static JsonNode onlyOptional(JsonNode schema, List<String> names) {
    ArrayNode choices = NODES.arrayNode();
    for (int first = 0; first < names.size(); first++) {
      List<JsonNode> parts = new ArrayList<>();
      parts.add(argument(schema, names.get(first), true));
      for (String later : names.subList(first + 1, names.size())) {
        parts.add(ToolGrammar.maybe(argument(schema, later, false)));
      }
      choices.add(ToolGrammar.sequence(parts.toArray(JsonNode[]::new)));
    }
    return ToolGrammar.maybe(ToolGrammar.format("or").set("elements", choices));
  }

  private static JsonNode argument(JsonNode schema, String name, boolean first) {
    JsonNode property = schema.path("properties").path(name);
    if (property instanceof ObjectNode object) {
      ObjectNode whole = object.deepCopy();
      for (String definitions : List.of("$defs", "definitions")) {
        if (schema.has(definitions)) {
          whole.set(definitions, schema.path(definitions));
        }
      }
      property = whole;
    }
    return ToolGrammar.between((first ? "" : ", ") + name + "=", value(property), "");
  }

  private static JsonNode anyArguments() {
    JsonNode name =
        ToolGrammar.format("grammar").put("grammar", "root ::= [a-zA-Z_] [a-zA-Z0-9_]{0,99}\n");
    JsonNode argument = ToolGrammar.sequence(name, constant("="), value(NODES.objectNode()));
    JsonNode more =
        ToolGrammar.format("star").set("content", ToolGrammar.sequence(constant(", "), argument));
    return ToolGrammar.maybe(ToolGrammar.sequence(argument, more));
  }

  private static JsonNode value(JsonNode schema) {
    return ToolGrammar.format("json_schema").set("json_schema", schema);
  }

  private static JsonNode constant(String text) {
    return ToolGrammar.format("const_string").put("value", text);
  }

  private static void requireName(FunctionDefinition function, String name) {
    if (!FunctionNames.isName(name)) {
      throw refusal(function, "names of letters, digits and underscores, found \"" + name + "\"");
    }
  }

  private static InvalidRequestException refusal(FunctionDefinition function, String found) {
    return new InvalidRequestException(
        "tools",
        "the parameters of "
            + function.name()
            + ", which this model writes as Python arguments: expected "
            + found);
  }
}
