package org.mlcengine.tools;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import org.mlcengine.protocol.FunctionDefinition;
import org.mlcengine.protocol.Tool;

/** Writes XGrammar's structural tags for a family's calls. */
final class ToolGrammar {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final String ANY_ARGUMENTS = "{\"type\":\"object\",\"additionalProperties\":true}";
  private static final String NO_ARGUMENTS =
      "{\"type\":\"object\",\"properties\":{},\"additionalProperties\":false}";

  /** What Llama puts before calls where it has an interpreter of Python, which it is told of. */
  private static final JsonNode LLAMA_MARK = format("const_string").put("value", "<|python_tag|>");

  private final ToolFamily family;
  private final List<Tool> tools;
  private final boolean several;
  private boolean onlyStrict;

  /** Creates a writer; {@code several} says whether a reply may have more than one call. */
  ToolGrammar(ToolFamily family, List<Tool> tools, boolean several) {
    this.family = family;
    this.tools = tools;
    this.several = several;
  }

  /** Returns the form of text in which calls may stand. */
  String auto() {
    onlyStrict = true;
    ObjectNode format = format("triggered_tags");
    ArrayNode triggers = format.putArray("triggers");
    triggers().forEach(triggers::add);
    format.set("tags", isWrapped() ? NODES.arrayNode().add(wrapped()) : tags());
    format.put("at_least_one", false);
    format.put("stop_after_first", !several || isWrapped());
    return tag(format);
  }

  /** Returns the form of replies that are calls. */
  String required(Thoughts thoughts) {
    JsonNode calls = family == ToolFamily.LLAMA ? sequence(maybe(LLAMA_MARK), calls()) : calls();
    JsonNode newlines = format("grammar").put("grammar", "root ::= \"\\n\"? \"\\n\"?\n");
    JsonNode format =
        switch (thoughts) {
          case NONE -> calls;
          case BEGUN -> sequence(between("", format("any_text"), "</think>"), newlines, calls);
          case POSSIBLE -> {
            JsonNode thinking = between("<think>", format("any_text"), "</think>");
            JsonNode before = sequence(thinking, newlines);
            yield sequence(maybe(before), calls);
          }
        };
    return tag(format);
  }

  private List<String> triggers() {
    return switch (family) {
      case HERMES, QWEN3_CODER, GENERIC -> List.of("<tool_call>");
      case LLAMA, GEMMA -> List.of("{\"name\": \"");
      case MISTRAL, MISTRAL_ARGS -> List.of("[TOOL_CALLS]");
      case DEEPSEEK, DEEPSEEK_V3_1 -> List.of(DeepSeekReader.CALLS_BEGIN);
      case PYTHON -> tools.stream().map(tool -> "[" + tool.function().name() + "(").toList();
    };
  }

  /** Tells whether marks enclose all calls of a reply. */
  private boolean isWrapped() {
    return switch (family) {
      case MISTRAL, DEEPSEEK, DEEPSEEK_V3_1 -> true;
      default -> false;
    };
  }

  private JsonNode calls() {
    if (family == ToolFamily.PYTHON) {
      return python().list(tools, several);
    }
    return isWrapped() ? wrapped() : list();
  }

  private PythonCallGrammar python() {
    return new PythonCallGrammar(
        f -> onlyStrict && !f.strict() ? Optional.empty() : Optional.of(schema(f)));
  }

  private JsonNode wrapped() {
    JsonNode calls = list();
    return family == ToolFamily.MISTRAL
        ? between("[TOOL_CALLS][", calls, "]")
        : between(DeepSeekReader.CALLS_BEGIN, calls, DeepSeekReader.CALLS_END);
  }

  private String separator() {
    return switch (family) {
      case MISTRAL -> ", ";
      case LLAMA -> "; ";
      case MISTRAL_ARGS, DEEPSEEK_V3_1 -> "";
      default -> "\n";
    };
  }

  private JsonNode list() {
    ObjectNode format = format("tags_with_separator");
    format.set("tags", tags());
    return format
        .put("separator", separator())
        .put("at_least_one", true)
        .put("stop_after_first", !several);
  }

  private ArrayNode tags() {
    ArrayNode tags = NODES.arrayNode();
    tools.forEach(tool -> tags.add(call(tool.function())));
    return tags;
  }

  private JsonNode call(FunctionDefinition function) {
    if (family == ToolFamily.PYTHON) {
      return python().oneCall(function);
    }
    String name = function.name();
    ObjectNode arguments = format("json_schema");
    arguments.set("json_schema", schema(function));
    return switch (family) {
      case QWEN3_CODER ->
          between(
              "<tool_call>\n<function=" + name + ">",
              arguments.put("style", "qwen_xml"),
              "\n</function>\n</tool_call>");
      case LLAMA, GEMMA -> between("{\"name\": \"" + name + "\", \"parameters\": ", arguments, "}");
      case MISTRAL -> between("{\"name\": \"" + name + "\", \"arguments\": ", arguments, "}");
      case MISTRAL_ARGS -> between("[TOOL_CALLS]" + name + "[ARGS]", arguments, "");
      case DEEPSEEK, DEEPSEEK_V3_1 -> {
        String call = CallTexts.deepSeekCall(family, name, "\0");
        int end = call.indexOf('\0');
        yield between(call.substring(0, end), arguments, call.substring(end + 1));
      }
      default ->
          between(
              "<tool_call>\n{\"name\": \"" + name + "\", \"arguments\": ",
              arguments,
              "}\n</tool_call>");
    };
  }

  private JsonNode schema(FunctionDefinition function) {
    return onlyStrict && !function.strict()
        ? json(ANY_ARGUMENTS)
        : json(function.parameters().orElse(NO_ARGUMENTS));
  }

  static JsonNode json(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  static ObjectNode format(String type) {
    return NODES.objectNode().put("type", type);
  }

  static JsonNode sequence(JsonNode... elements) {
    ArrayNode list = NODES.arrayNode();
    for (JsonNode element : elements) {
      list.add(element);
    }
    return format("sequence").set("elements", list);
  }

  static JsonNode maybe(JsonNode content) {
    return format("optional").set("content", content);
  }

  static JsonNode between(String begin, JsonNode content, String end) {
    ObjectNode tag = format("tag").put("begin", begin);
    tag.set("content", content);
    return tag.put("end", end);
  }

  private static String tag(JsonNode format) {
    return format("structural_tag").set("format", format).toString();
  }
}
