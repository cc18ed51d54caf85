package org.mlcengine.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.protocol.Tool;
import org.mlcengine.protocol.ToolCall;
import org.mlcengine.protocol.ToolChoice;

/** Calls that are written for a model, then cut anywhere and read as if it had written them. */
class RoundTripTest {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.USE_BIG_INTEGER_FOR_INTS)
          .nodeFactory(JsonNodeFactory.withExactBigDecimals(true))
          .build();
  private static final String LETTERS =
      "abz_09 {}[]()<>\"'\\/\n\t:,;=`|é漢😀\u0001tool_call[TOOL_CALLS]</tool_call>``````json";

  @ParameterizedTest
  @EnumSource
  void callsThatAreWrittenAreReadBack(ToolFamily family) throws JsonProcessingException {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 400; round++) {
      List<ToolCall> calls = new ArrayList<>();
      List<Tool> tools = new ArrayList<>();
      for (int i = 0; i <= random.nextInt(3); i++) {
        String name = name(random) + i;
        ObjectNode arguments = object(random, 3);
        tools.add(Tool.function(name, "", schema(arguments)));
        calls.add(ToolCall.of("call_" + i, name, arguments.toString()));
      }
      String content = random.nextBoolean() ? "" : "Let me call, " + name(random) + ".";
      ChatMessage message = ChatMessage.assistant(Optional.of(content), calls);
      ToolFormat format = Streamed.format(family);
      String written =
          format
              .prompt(List.of(message), List.of(), ToolChoice.auto())
              .messages()
              .getFirst()
              .content()
              .orElseThrow();
      String context = "seed %d, round %d: %s".formatted(seed, round, written);
      Streamed read = Streamed.of(family, tools, Streamed.cut(random, written));
      assertThat(read.text()).as(context).isEqualTo(content);
      assertThat(read.complete()).as(context).hasSize(calls.size()).doesNotContain(false);
      for (int i = 0; i < calls.size(); i++) {
        ToolCall call = read.calls().get(i);
        assertThat(call.function().name()).as(context).isEqualTo(calls.get(i).function().name());
        assertThat(tree(call)).as(context).isEqualTo(tree(calls.get(i)));
      }
      assertThat(format.parse(written, false, tools, ToolChoice.auto(), Streamed.ids()))
          .as(context)
          .isEqualTo(new ToolReply(Optional.of(content).filter(c -> !c.isEmpty()), read.calls()));
    }
  }

  /** Text of any characters, in which calls may begin: no cut changes what is read. */
  @ParameterizedTest
  @EnumSource
  void noCutChangesWhatIsRead(ToolFamily family) {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    String schema =
        "{\"type\":\"object\",\"properties\":{\"n\":{\"type\":[\"object\",\"number\"]}}}";
    List<Tool> tools = List.of(Tool.function("a", "", schema));
    List<String> parts = parts(family);
    for (int round = 0; round < 5_000; round++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(20); i >= 0; i--) {
        text.append(parts.get(random.nextInt(parts.size())));
      }
      String context = "seed %d, round %d: %s".formatted(seed, round, text);
      Streamed whole = Streamed.of(family, tools, List.of(text.toString()));
      Streamed cut = Streamed.of(family, tools, Streamed.cut(random, text.toString()));
      assertThat(cut).as(context).isEqualTo(whole);
      for (int i = 0; i < whole.calls().size(); i++) {
        if (whole.complete().get(i)) {
          String arguments = whole.calls().get(i).function().arguments();
          assertThat(JsonSpacing.isObject(arguments)).as(context).isTrue();
        }
      }
      if (whole.calls().isEmpty()) {
        assertThat(whole.text()).as(context).isEqualTo(text.toString());
      }
    }
  }

  /** Returns what calls are made of. */
  private static List<String> parts(ToolFamily family) {
    List<String> parts = new ArrayList<>(family.markers());
    parts.addAll(
        List.of(
            "{\"name\": \"a\", ",
            "\"arguments\": {",
            "\"parameters\": {",
            "}",
            "}}",
            "\n",
            " ",
            "[",
            "]",
            ",",
            ";",
            "a(",
            "a[ARGS]{",
            "x=1",
            ")",
            "\"x\"",
            ":",
            "1",
            "```json\n",
            "```",
            "function",
            "a\n```json\n",
            "<",
            "<function=a>",
            "<parameter=x>",
            "<parameter=n>",
            "</parameter>",
            "</function>",
            "</",
            "\u0000",
            "hello",
            "'",
            "\\u00",
            "e9",
            "null"));
    return parts;
  }

  /** Returns a schema that tells the types of arguments. */
  private static String schema(ObjectNode arguments) {
    ObjectNode schema = JsonNodeFactory.instance.objectNode().put("type", "object");
    ObjectNode properties = schema.putObject("properties");
    for (var argument : arguments.properties()) {
      String type = argument.getValue().getNodeType().name().toLowerCase(Locale.ROOT);
      properties.putObject(argument.getKey()).put("type", type);
    }
    return schema.toString();
  }

  private static JsonNode tree(ToolCall call) throws JsonProcessingException {
    return MAPPER.readTree(call.function().arguments());
  }

  private static String name(Random random) {
    StringBuilder name = new StringBuilder("f");
    for (int i = random.nextInt(6); i > 0; i--) {
      name.append("abz_09-".charAt(random.nextInt(7)));
    }
    return name.toString();
  }

  private static ObjectNode object(Random random, int depth) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    for (int i = random.nextInt(4); i > 0; i--) {
      object.set(depth == 3 ? name(random) : text(random), value(random, depth - 1));
    }
    return object;
  }

  private static JsonNode value(Random random, int depth) {
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    return switch (random.nextInt(depth > 0 ? 8 : 6)) {
      case 0 -> nodes.nullNode();
      case 1 -> nodes.booleanNode(random.nextBoolean());
      case 2 -> nodes.numberNode(random.nextLong());
      case 3 -> nodes.numberNode(BigDecimal.valueOf(random.nextInt(), random.nextInt(40) - 20));
      case 4, 5 -> nodes.textNode(text(random));
      case 6 -> object(random, depth);
      default -> {
        ArrayNode array = nodes.arrayNode();
        for (int i = random.nextInt(3); i > 0; i--) {
          array.add(value(random, depth - 1));
        }
        yield array;
      }
    };
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(8); i > 0; i--) {
      int from =
          LETTERS.offsetByCodePoints(
              0, random.nextInt(LETTERS.codePointCount(0, LETTERS.length())));
      text.appendCodePoint(LETTERS.codePointAt(from));
    }
    return text.toString();
  }
}
