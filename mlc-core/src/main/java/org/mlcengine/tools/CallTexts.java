package org.mlcengine.tools;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.mlcengine.protocol.ToolCall;

/** How a family writes calls that were made and results that came back. */
final class CallTexts {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .nodeFactory(JsonNodeFactory.withExactBigDecimals(true))
          .build();

  private CallTexts() {}

  /** Returns the text of calls as the model would have written it. */
  static String calls(ToolFamily family, List<ToolCall> calls) {
    return switch (family) {
      case HERMES, GENERIC ->
          joined(calls, "\n", c -> "<tool_call>\n" + json(c, "arguments") + "}\n</tool_call>");
      case QWEN3_CODER -> joined(calls, "\n", CallTexts::tagged);
      case LLAMA -> joined(calls, "; ", c -> json(c, "parameters") + "}");
      case GEMMA -> joined(calls, "\n", c -> json(c, "parameters") + "}");
      case MISTRAL ->
          "[TOOL_CALLS]["
              + joined(
                  calls,
                  ", ",
                  c -> json(c, "arguments") + ", \"id\": " + ToolDefinitions.quoted(c.id()) + "}")
              + "]";
      case MISTRAL_ARGS ->
          joined(calls, "", c -> "[TOOL_CALLS]" + c.function().name() + "[ARGS]" + arguments(c));
      case DEEPSEEK, DEEPSEEK_V3_1 ->
          DeepSeekReader.CALLS_BEGIN
              + joined(
                  calls,
                  family == ToolFamily.DEEPSEEK ? "\n" : "",
                  c -> deepSeekCall(family, c.function().name(), arguments(c)))
              + DeepSeekReader.CALLS_END;
      case PYTHON -> joined(calls, ", ", CallTexts::python).transform(text -> "[" + text + "]");
    };
  }

  static String deepSeekCall(ToolFamily family, String name, String arguments) {
    String before = family == ToolFamily.DEEPSEEK ? "function" : name;
    String after =
        family == ToolFamily.DEEPSEEK ? name + "\n```json\n" + arguments + "\n```" : arguments;
    return DeepSeekReader.CALL_BEGIN
        + before
        + DeepSeekReader.SEPARATOR
        + after
        + DeepSeekReader.CALL_END;
  }

  /**
   * Returns the text of results that follow each other.
   *
   * @param names the functions' names
   * @param ids the calls' ids
   */
  static String results(
      ToolFamily family, List<String> contents, List<String> names, List<String> ids) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < contents.size(); i++) {
      text.append(i == 0 ? "" : separator(family))
          .append(result(family, contents.get(i), names.get(i), ids.get(i)));
    }
    return family == ToolFamily.DEEPSEEK
        ? "<｜tool▁outputs▁begin｜>" + text + "<｜tool▁outputs▁end｜>"
        : text.toString();
  }

  private static String separator(ToolFamily family) {
    return switch (family) {
      case MISTRAL, MISTRAL_ARGS, DEEPSEEK_V3_1 -> "";
      default -> "\n";
    };
  }

  private static String result(ToolFamily family, String content, String name, String id) {
    return switch (family) {
      case HERMES, QWEN3_CODER, GENERIC -> "<tool_response>\n" + content + "\n</tool_response>";
      case LLAMA -> content;
      case MISTRAL ->
          "[TOOL_RESULTS]{\"content\": "
              + jsonOrQuoted(content)
              + ", \"call_id\": "
              + ToolDefinitions.quoted(id)
              + "}[/TOOL_RESULTS]";
      case MISTRAL_ARGS -> "[TOOL_RESULTS]" + content + "[/TOOL_RESULTS]";
      case DEEPSEEK, DEEPSEEK_V3_1 -> "<｜tool▁output▁begin｜>" + content + "<｜tool▁output▁end｜>";
      case GEMMA -> "```tool_output\n" + content + "\n```";
      case PYTHON -> name + ": " + content;
    };
  }

  private static String joined(
      List<ToolCall> calls, String separator, Function<ToolCall, String> text) {
    return calls.stream().map(text).collect(Collectors.joining(separator));
  }

  /** Returns a call's JSON object, but for its last brace. */
  private static String json(ToolCall call, String key) {
    return "{\"name\": "
        + ToolDefinitions.quoted(call.function().name())
        + ", \""
        + key
        + "\": "
        + arguments(call);
  }

  private static String arguments(ToolCall call) {
    String arguments = call.function().arguments();
    return arguments.isBlank() ? "{}" : jsonOrQuoted(arguments);
  }

  /** Returns JSON text of an object as such, and any other text as a JSON string. */
  private static String jsonOrQuoted(String text) {
    return JsonSpacing.isObject(text) ? JsonSpacing.spaced(text) : ToolDefinitions.quoted(text);
  }

  private static JsonNode tree(String json) {
    try {
      return MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String tagged(ToolCall call) {
    StringBuilder text = new StringBuilder("<tool_call>\n").append(TaggedCallReader.FUNCTION);
    text.append(call.function().name()).append(">\n");
    JsonNode json = tree(arguments(call));
    if (!json.isObject()) {
      text.append(call.function().arguments()).append('\n');
    }
    for (var member : json.properties()) {
      JsonNode value = member.getValue();
      text.append(TaggedCallReader.PARAMETER)
          .append(member.getKey())
          .append(">\n")
          .append(value.isTextual() ? value.textValue() : JsonSpacing.spaced(value.toString()))
          .append('\n')
          .append(TaggedCallReader.PARAMETER_END)
          .append('\n');
    }
    return text.append(TaggedCallReader.FUNCTION_END).append("\n</tool_call>").toString();
  }

  private static String python(ToolCall call) {
    StringBuilder text = new StringBuilder(call.function().name()).append('(');
    String arguments = arguments(call);
    JsonNode json = tree(arguments);
    if (!json.isObject()) {
      return text.append(arguments).append(')').toString();
    }
    String separator = "";
    for (var member : json.properties()) {
      text.append(separator).append(member.getKey()).append('=');
      python(text, member.getValue());
      separator = ", ";
    }
    return text.append(')').toString();
  }

  private static void python(StringBuilder text, JsonNode value) {
    switch (value.getNodeType()) {
      case BOOLEAN -> text.append(value.booleanValue() ? "True" : "False");
      case NULL -> text.append("None");
      case ARRAY -> {
        String separator = "[";
        for (JsonNode item : value) {
          text.append(separator);
          python(text, item);
          separator = ", ";
        }
        text.append(value.isEmpty() ? "[]" : "]");
      }
      case OBJECT -> {
        String separator = "{";
        for (var member : value.properties()) {
          text.append(separator).append(ToolDefinitions.quoted(member.getKey())).append(": ");
          python(text, member.getValue());
          separator = ", ";
        }
        text.append(value.isEmpty() ? "{}" : "}");
      }
      default -> text.append(value);
    }
  }
}
