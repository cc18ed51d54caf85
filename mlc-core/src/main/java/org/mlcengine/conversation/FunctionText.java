package org.mlcengine.conversation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.mlcengine.jinja.PythonJson;
import org.mlcengine.protocol.FunctionDefinition;
import org.mlcengine.protocol.Tool;
import org.mlcengine.protocol.ToolChoice;

/**
 * The text in the place of {@code {function_string}}: as in MLC, JSON of the list of functions, or
 * of the chosen one without spaces.
 */
final class FunctionText {
  private FunctionText() {}

  static String of(List<Tool> tools, ToolChoice choice) {
    if (choice instanceof ToolChoice.Named(String name)) {
      for (Tool tool : tools) {
        if (tool.function().name().equals(name)) {
          return json(tool.function()).toString();
        }
      }
    }
    ArrayNode functions = JsonNodeFactory.instance.arrayNode();
    tools.forEach(tool -> functions.add(json(tool.function())));
    return PythonJson.write(functions);
  }

  private static JsonNode json(FunctionDefinition function) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("description", function.description().orElse(null));
    json.put("name", function.name());
    json.set("parameters", ToolJson.parameters(function));
    return json;
  }
}
