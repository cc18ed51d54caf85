package org.mlcengine.tools;

import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;
import java.util.stream.Collectors;
import org.mlcengine.protocol.FunctionDefinition;
import org.mlcengine.protocol.Tool;

/** How a family's models are told of functions: the texts that they were trained with. */
final class ToolDefinitions {
  /** The schema of a function without one: it takes no arguments. */
  static final String NO_PARAMETERS = "{\"type\":\"object\",\"properties\":{}}";

  private static final String HERMES_HEAD =
      """
      # Tools

      You may call one or more functions to assist with the user query.

      You are provided with function signatures within <tools></tools> XML tags:
      <tools>
      """;

  private static final String HERMES_FOOT =
      """

      </tools>

      For each function call, return a json object with function name and arguments within \
      <tool_call></tool_call> XML tags:
      <tool_call>
      {"name": <function-name>, "arguments": <args-json-object>}
      </tool_call>""";

  private static final String TAGGED_HEAD =
      """
      # Tools

      You can call these functions:

      <tools>
      """;

  private static final String TAGGED_FOOT =
      """

      </tools>

      To call a function, end the answer with a call of this form, and with nothing behind it:

      <tool_call>
      <function=function_name>
      <parameter=argument_name>
      value
      </parameter>
      </function>
      </tool_call>

      Give every required argument. A value may take several lines.""";

  private static final String GENERIC_HEAD =
      """
      You can call functions. Each line between <tools> and </tools> describes one:
      <tools>
      """;

  private static final String GENERIC_FOOT =
      """

      </tools>

      To call a function, write its name and its arguments as a JSON object:
      <tool_call>
      {"name": "function_name", "arguments": {"argument_name": "value"}}
      </tool_call>
      The results come back between <tool_response> and </tool_response>. If no function helps, \
      answer without a call.""";

  private static final String JSON_CALL =
      "{\"name\": function name, \"parameters\": dictionary of argument name and its value}";

  private ToolDefinitions() {}

  /** Returns the text, without white space around it. */
  static String text(ToolFamily family, List<Tool> tools) {
    return switch (family) {
      case HERMES -> HERMES_HEAD + joined(tools, "\n") + HERMES_FOOT;
      case QWEN3_CODER -> TAGGED_HEAD + joined(tools, "\n") + TAGGED_FOOT;
      case GENERIC -> GENERIC_HEAD + joined(tools, "\n") + GENERIC_FOOT;
      case LLAMA ->
          "Given the following functions, please respond with a JSON for a function call "
              + "with its proper arguments that best answers the given prompt.\n\n"
              + "Respond in the format "
              + JSON_CALL
              + ".Do not use variables.\n\n"
              + tools.stream()
                  .map(tool -> JsonSpacing.indented(tool(tool), 4))
                  .collect(Collectors.joining("\n\n"));
      case MISTRAL, MISTRAL_ARGS ->
          "[AVAILABLE_TOOLS][" + joined(tools, ", ") + "][/AVAILABLE_TOOLS]";
      case GEMMA ->
          "You have access to functions. If you decide to invoke any of the function(s), "
              + "you MUST put it in the format of\n"
              + JSON_CALL
              + "\n\nYou SHOULD NOT include any other text in the response if you call a function\n"
              + JsonSpacing.indented(list(tools), 2);
      case DEEPSEEK, DEEPSEEK_V3_1 -> deepSeek(family, tools);
      case PYTHON ->
          "You can call these functions:\n"
              + JsonSpacing.spaced(list(tools))
              + "\n\nTo call functions, answer with nothing but a list of calls whose arguments "
              + "have names, as Python writes it: [function_name(argument_name=\"value\")]";
    };
  }

  private static String deepSeek(ToolFamily family, List<Tool> tools) {
    StringBuilder text = new StringBuilder("## Tools\nYou have access to the following tools:\n");
    for (Tool tool : tools) {
      FunctionDefinition function = tool.function();
      text.append("\n### ").append(function.name()).append('\n');
      function.description().ifPresent(d -> text.append("Description: ").append(d).append("\n\n"));
      text.append("Parameters: ").append(JsonSpacing.spaced(parameters(function))).append('\n');
    }
    return text.append("\nTo call a tool, write exactly:\n")
        .append(DeepSeekReader.CALLS_BEGIN)
        .append(CallTexts.deepSeekCall(family, "tool_name", "{\"argument_name\": \"value\"}"))
        .append(DeepSeekReader.CALLS_END)
        .toString();
  }

  static String parameters(FunctionDefinition function) {
    return function.parameters().orElse(NO_PARAMETERS);
  }

  /** Returns a text as JSON. */
  static String quoted(String text) {
    return TextNode.valueOf(text).toString();
  }

  private static String joined(List<Tool> tools, String separator) {
    return tools.stream()
        .map(tool -> JsonSpacing.spaced(tool(tool)))
        .collect(Collectors.joining(separator));
  }

  /** Returns JSON of the functions by themselves. */
  private static String list(List<Tool> tools) {
    return tools.stream()
        .map(tool -> function(tool.function()))
        .collect(Collectors.joining(",", "[", "]"));
  }

  private static String tool(Tool tool) {
    return "{\"type\":\"function\",\"function\":" + function(tool.function()) + "}";
  }

  private static String function(FunctionDefinition function) {
    return "{\"name\":"
        + quoted(function.name())
        + function.description().map(d -> ",\"description\":" + quoted(d)).orElse("")
        + ",\"parameters\":"
        + parameters(function)
        + "}";
  }
}
