package org.mlcengine.protocol;

import static org.mlcengine.protocol.RequestField.honoured;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Fields of tools, of their choice and of their calls. */
final class ToolFields {
  private static final RequestField<ToolFields> NAME =
      honoured(
          "name",
          "string of 1 to 64 letters, digits, underscores and hyphens",
          "required",
          (f, t) -> t.name = f.requiredText("name"));

  /** Fields of the {@code function} of a tool. */
  static final Map<String, RequestField<ToolFields>> FUNCTION =
      RequestField.table(
          List.of(
              NAME,
              honoured(
                  "description", "string", "none", (f, t) -> t.description = f.text("description")),
              honoured(
                  "parameters",
                  "object: the JSON Schema of the arguments",
                  "no arguments",
                  (f, t) -> t.parameters = f.objectText("parameters")),
              honoured(
                  "strict",
                  "boolean; whether the arguments follow the schema exactly",
                  "false",
                  (f, t) -> t.strict = f.flag("strict").orElse(false))));

  /** Fields of a tool. */
  static final Map<String, RequestField<ToolFields>> TOOL =
      RequestField.table(List.of(type("\"custom\""), function(FUNCTION)));

  /** Fields of a choice that names a function. */
  static final Map<String, RequestField<ToolFields>> CHOICE =
      RequestField.table(
          List.of(type("\"allowed_tools\""), function(RequestField.table(List.of(NAME)))));

  /** Fields of a call. */
  static final Map<String, RequestField<ToolFields>> CALL =
      RequestField.table(
          List.of(
              honoured(
                  "id",
                  "string; names the call, for its answer",
                  "required",
                  (f, t) -> t.id = f.requiredText("id")),
              type("\"custom\""),
              function(
                  RequestField.table(
                      List.of(
                          honoured(
                              "name",
                              "string",
                              "required",
                              (f, t) -> t.name = f.requiredText("name")),
                          honoured(
                              "arguments",
                              "string: JSON text",
                              "required",
                              (f, t) -> t.arguments = f.requiredText("arguments")))))));

  private String id = "";
  private String name = "";
  private String arguments = "";
  private Optional<String> description = Optional.empty();
  private Optional<String> parameters = Optional.empty();
  private boolean strict;

  private ToolFields() {}

  static Tool read(String path, JsonNode json) {
    ToolFields tool = new ToolFields();
    new Fields(json, path).read(TOOL, tool);
    return new Tool(
        new FunctionDefinition(tool.name, tool.description, tool.parameters, tool.strict));
  }

  static ToolCall readCall(String path, JsonNode json) {
    ToolFields call = new ToolFields();
    new Fields(json, path).read(CALL, call);
    return ToolCall.of(call.id, call.name, call.arguments);
  }

  static ToolChoice readChoice(JsonNode json) {
    if (json.isObject()) {
      ToolFields choice = new ToolFields();
      new Fields(json, "tool_choice").read(CHOICE, choice);
      return ToolChoice.named(choice.name);
    }
    return switch (json.isTextual() ? json.textValue() : "") {
      case "none" -> ToolChoice.none();
      case "auto" -> ToolChoice.auto();
      case "required" -> ToolChoice.required();
      default ->
          throw Fields.wrongType(
              "tool_choice", "\"none\", \"auto\", \"required\" or an object", json);
    };
  }

  private static RequestField<ToolFields> type(String refused) {
    return honoured(
        "type",
        "\"function\"",
        "required",
        refused,
        (f, t) -> {
          JsonNode type = f.required("type");
          if (!type.isTextual() || !type.textValue().equals("function")) {
            throw Fields.wrongType(f.path("type"), "\"function\", the only type supported", type);
          }
        });
  }

  private static RequestField<ToolFields> function(Map<String, RequestField<ToolFields>> table) {
    return honoured(
        "function",
        "object of " + String.join(", ", table.keySet()),
        "required",
        (f, t) -> f.requiredObject("function").read(table, t));
  }
}
