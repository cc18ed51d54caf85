package org.mlcengine.protocol;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.mlcengine.errors.InvalidRequestException;

/** The documentation of all request fields, made from the tables that the reader uses. */
final class ParametersPage {
  /**
   * A kind of object in requests.
   *
   * @param title the heading
   * @param text what stands under it
   * @param table its fields
   * @param base a valid object
   * @param request makes a request of an object
   * @param type what reads the request
   */
  record Section(
      String title,
      String text,
      Map<String, ? extends RequestField<?>> table,
      String base,
      UnaryOperator<JsonNode> request,
      Class<?> type) {

    /** Returns a request with a field of an object set to a value. */
    String with(String field, String value) {
      ObjectNode object = (ObjectNode) JsonTexts.tree(base);
      object.set(field, JsonTexts.tree(value));
      return request.apply(object).toString();
    }
  }

  private static final String CHAT = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
  private static final String FUNCTION = "{\"type\":\"function\",\"function\":{\"name\":\"f\"}}";

  private ParametersPage() {}

  static List<Section> sections() {
    List<Section> sections = new ArrayList<>();
    addRequests(sections);
    addTools(sections);
    addFormats(sections);
    addOptions(sections);
    return sections;
  }

  private static void addRequests(List<Section> sections) {
    sections.add(
        section("Chat completions", "Fields of a request.", ChatFields.TABLE, CHAT, v -> v));
    sections.add(
        new Section(
            "Text completions",
            "Fields of a request.",
            CompletionFields.TABLE,
            "{\"prompt\":\"hi\"}",
            v -> v,
            CompletionCreateParams.class));
    sections.add(
        new Section(
            "Embeddings",
            "Fields of a request.",
            EmbeddingFields.TABLE,
            "{\"input\":\"hi\"}",
            v -> v,
            EmbeddingCreateParams.class));
    sections.add(
        section(
            "Messages",
            "Fields of `messages[]`.",
            MessageFields.TABLE,
            "{\"role\":\"assistant\",\"content\":\"hi\"}",
            v -> chat("messages", list(v))));
  }

  private static void addTools(List<Section> sections) {
    sections.add(
        section(
            "Calls of an assistant message",
            "Fields of `messages[].tool_calls[]`.",
            ToolFields.CALL,
            "{\"id\":\"1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}",
            v ->
                chat(
                    "messages",
                    list(object("role", text("assistant")).set("tool_calls", list(v))))));
    sections.add(
        section(
            "Tools",
            "Fields of `tools[]`.",
            ToolFields.TOOL,
            FUNCTION,
            v -> chat("tools", list(v))));
    sections.add(
        section(
            "Functions",
            "Fields of `tools[].function`.",
            ToolFields.FUNCTION,
            "{\"name\":\"f\"}",
            v -> chat("tools", list(object("type", text("function")).set("function", v)))));
    sections.add(
        section(
            "Choice of a function",
            "Fields of `tool_choice`, where it is an object.",
            ToolFields.CHOICE,
            FUNCTION,
            v -> chat("tools", list(JsonTexts.tree(FUNCTION))).set("tool_choice", v)));
  }

  private static void addFormats(List<Section> sections) {
    FormatFields.TYPES.forEach((type, table) -> sections.add(format(type, table)));
    sections.add(
        section(
            "JSON schema",
            "Fields of `response_format.json_schema`.",
            FormatFields.JSON_SCHEMA,
            "{\"name\":\"a\"}",
            v -> format(object("type", text("json_schema")).set("json_schema", v))));
    sections.add(
        section(
            "Structures of a structural tag",
            "Fields of `response_format.structures[]`.",
            FormatFields.STRUCTURE,
            "{\"begin\":\"<a>\",\"schema\":{},\"end\":\"</a>\"}",
            v ->
                format(
                    object("type", text("structural_tag"))
                        .<ObjectNode>set("triggers", list(text("<a")))
                        .set("structures", list(v)))));
  }

  private static void addOptions(List<Section> sections) {
    sections.add(
        section(
            "Stream options",
            "Fields of `stream_options`.",
            SamplingFields.STREAM_OPTIONS,
            "{}",
            v -> chat("stream_options", v).put("stream", true)));
    sections.add(
        section(
            "Debug config",
            "Fields of `debug_config`.",
            SamplingFields.DEBUG_CONFIG,
            "{}",
            v -> chat("debug_config", v)));
  }

  static String text() {
    StringBuilder page =
        new StringBuilder(
            """
            # Request parameters

            Every field of a request is honoured, or refused with an `InvalidRequestException` that \
            names it; no field is left aside in silence. Fields have OpenAI's names; MLC's and other \
            extensions are marked. A field whose value is null counts as missing. Where a default is \
            the model's, it stands in the model's `mlc-chat-config.json`.

            The tables are made from those that read the requests, and the messages by reading such \
            a request. `mvn -pl mlc-core -am test -Dtest=ParametersTest -Dparameters.write=true \
            -Dsurefire.failIfNoSpecifiedTests=false` writes this page.
            """);
    for (Section section : sections()) {
      page.append("\n## ").append(section.title()).append("\n\n").append(section.text());
      page.append(
          "\n\n| field | honoured values | default | refused |\n| --- | --- | --- | --- |\n");
      section.table().values().forEach(field -> page.append(row(section, field)));
    }
    return page.toString();
  }

  /** Returns the message that a refused value gives. */
  static String refusal(Section section, RequestField<?> field) {
    try {
      ProtocolJson.read(section.with(field.name(), field.refused()), section.type());
    } catch (InvalidRequestException e) {
      return String.valueOf(e.getMessage());
    }
    throw new AssertionError(
        "%s: %s was accepted with %s".formatted(section.title(), field.name(), field.refused()));
  }

  private static String row(Section section, RequestField<?> field) {
    String refused =
        field.refused().isEmpty()
            ? ""
            : "`%s`: %s".formatted(field.refused(), refusal(section, field));
    return "| `%s` | %s | %s | %s |\n"
        .formatted(
            field.name(),
            field.isRefused() ? "none" : cell(field.accepted()),
            cell(field.otherwise()),
            cell(refused));
  }

  private static String cell(String text) {
    return text.replace("|", "\\|");
  }

  private static Section section(
      String title,
      String text,
      Map<String, ? extends RequestField<?>> table,
      String base,
      UnaryOperator<JsonNode> request) {
    return new Section(title, text, table, base, request, ChatCompletionCreateParams.class);
  }

  private static Section format(String type, Map<String, ? extends RequestField<?>> table) {
    ObjectNode base = object("type", text(type));
    switch (type) {
      case "json_schema" -> base.putObject("json_schema").put("name", "a");
      case "regex" -> base.put("pattern", "a+");
      case "grammar", "ebnf" -> base.put("grammar", "root ::= \"a\"");
      case "structural_tag" -> base.putObject("format").put("type", "any_text");
      default -> {}
    }
    return section(
        "Response format `" + type + "`",
        "Fields of `response_format` of the type `" + type + "`.",
        table,
        base.toString(),
        ParametersPage::format);
  }

  private static JsonNode format(JsonNode format) {
    return chat("response_format", format);
  }

  private static ObjectNode chat(String field, JsonNode value) {
    return ((ObjectNode) JsonTexts.tree(CHAT)).set(field, value);
  }

  private static ObjectNode object(String field, JsonNode value) {
    return JsonNodeFactory.instance.objectNode().set(field, value);
  }

  private static ArrayNode list(JsonNode item) {
    return JsonNodeFactory.instance.arrayNode().add(item);
  }

  private static JsonNode text(String value) {
    return JsonNodeFactory.instance.textNode(value);
  }
}
