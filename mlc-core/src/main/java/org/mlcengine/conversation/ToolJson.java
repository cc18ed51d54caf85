package org.mlcengine.conversation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import org.mlcengine.protocol.FunctionDefinition;
import org.mlcengine.protocol.Tool;

/** Tools and calls as JSON values. */
final class ToolJson {
  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private ToolJson() {}

  static ObjectNode tool(Tool tool) {
    FunctionDefinition function = tool.function();
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ObjectNode inner = json.put("type", "function").putObject("function");
    inner.put("name", function.name());
    function.description().ifPresent(text -> inner.put("description", text));
    inner.set("parameters", parameters(function));
    if (function.strict()) {
      inner.put("strict", true);
    }
    return json;
  }

  /** Returns the schema of a function's arguments; one without a schema takes none. */
  static JsonNode parameters(FunctionDefinition function) {
    return function
        .parameters()
        .flatMap(ToolJson::object)
        .orElseGet(
            () -> {
              ObjectNode none = JsonNodeFactory.instance.objectNode().put("type", "object");
              none.putObject("properties");
              return none;
            });
  }

  /** Returns the object that a text is JSON of; a model may have written something else. */
  static Optional<JsonNode> object(String text) {
    try {
      return Optional.of(MAPPER.readTree(text)).filter(JsonNode::isObject);
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }
}
