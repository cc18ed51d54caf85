package org.mlcengine.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mlcengine.tools.ToolFamily.DEEPSEEK;
import static org.mlcengine.tools.ToolFamily.DEEPSEEK_V3_1;
import static org.mlcengine.tools.ToolFamily.GEMMA;
import static org.mlcengine.tools.ToolFamily.GENERIC;
import static org.mlcengine.tools.ToolFamily.HERMES;
import static org.mlcengine.tools.ToolFamily.LLAMA;
import static org.mlcengine.tools.ToolFamily.MISTRAL;
import static org.mlcengine.tools.ToolFamily.MISTRAL_ARGS;
import static org.mlcengine.tools.ToolFamily.PYTHON;
import static org.mlcengine.tools.ToolFamily.QWEN3_CODER;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mlcengine.protocol.ToolCall;
import org.mlcengine.protocol.ToolChoice;

class ToolCallParserTest {
  private static final String ARGS =
      "{\"city\": \"Zürich 😀\", \"days\": [1, {\"a\": \"}]\\\"\"}]}";
  private static final String WEATHER = "get_weather" + ARGS;
  private static final String JSON_CALL =
      "{\"name\": \"get_weather\", \"parameters\": " + ARGS + "}";
  private static final String BEGIN = "<｜tool▁calls▁begin｜>";
  private static final String END = "<｜tool▁calls▁end｜>";

  private static String hermes(String name, String arguments) {
    return "<tool_call>\n{\"name\": \"%s\", \"arguments\": %s}\n</tool_call>"
        .formatted(name, arguments);
  }

  private static String v3(String name, String arguments) {
    return "<｜tool▁call▁begin｜>function<｜tool▁sep｜>%s\n```json\n%s\n```<｜tool▁call▁end｜>"
        .formatted(name, arguments);
  }

  private static String v31(String name, String arguments) {
    return "<｜tool▁call▁begin｜>%s<｜tool▁sep｜>%s<｜tool▁call▁end｜>".formatted(name, arguments);
  }

  private static Arguments reply(ToolFamily family, String reply, String text, String... calls) {
    return Arguments.of(family, reply, text, List.of(calls));
  }

  static Stream<Arguments> replies() {
    return Stream.of(
            wholeHermesReplies(),
            otherHermesReplies(),
            taggedReplies(),
            llamaReplies(),
            mistralReplies(),
            deepSeekReplies(),
            gemmaReplies(),
            pythonReplies())
        .flatMap(replies -> replies);
  }

  private static Stream<Arguments> wholeHermesReplies() {
    return Stream.of(
        reply(HERMES, hermes("get_weather", ARGS), "", WEATHER),
        reply(HERMES, "Hi.\n\n" + hermes("get_weather", ARGS) + "\n", "Hi.", WEATHER),
        reply(
            HERMES,
            hermes("get_weather", ARGS) + "\n" + hermes("add", "{}") + "\nDone",
            "\nDone",
            WEATHER,
            "add{}"),
        reply(HERMES, "<tool_call>{\"name\":\"add\",\"arguments\":{}}</tool_call>", "", "add{}"),
        reply(
            HERMES,
            "<tool_call> {\"arguments\": {\"a\": 1} , \"name\" :\n\"add\" }",
            "",
            "add{\"a\": 1}"),
        reply(
            HERMES,
            "<tool_call>{\"id\": 7, \"name\": \"add\", \"x\": [1]}</tool_call>",
            "",
            "add{}"),
        reply(HERMES, "<tool_call>{\"name\": \"add\", \"arguments\": null}", "", "add{}"),
        reply(
            HERMES,
            hermes("add", "\"{\\\"a\\\": \\\"\\\\n\\\\u00e9\\\"}\""),
            "",
            "add{\"a\": \"\\n\\u00e9\"}"),
        reply(HERMES, hermes("add", "{\"a\": \"x\ny\"}"), "", "add{\"a\": \"x\\ny\"}"));
  }

  private static Stream<Arguments> otherHermesReplies() {
    return Stream.of(
        reply(HERMES, "[" + hermes("nobody", "{}") + "]", "[]", "nobody{}"),
        reply(HERMES, "a < b <tool> <tool_cal", "a < b <tool> <tool_cal"),
        reply(HERMES, "<<tool_call><tool_call>{}", "<<tool_call><tool_call>{}"),
        reply(
            HERMES,
            "<tool_call>\n{\"name\": \"add\"\n</tool_call>",
            "<tool_call>\n{\"name\": \"add\"\n</tool_call>"),
        reply(
            HERMES,
            "<tool_call>{\"name\": \"a b\", \"arguments\": {}}",
            "<tool_call>{\"name\": \"a b\", \"arguments\": {}}"),
        reply(
            HERMES,
            "<tool_call>{\"name\": \"add\", \"arguments\": [1]}",
            "<tool_call>{\"name\": \"add\", \"arguments\": [1]}"),
        reply(HERMES, "<tool_call>{\"name\": \"add\"", "<tool_call>{\"name\": \"add\""),
        reply(HERMES, " \n ", " \n "),
        reply(GENERIC, "x " + hermes("add", "{}") + "</tool_call> y", "x y", "add{}"));
  }

  private static String tagged(String name, String... arguments) {
    StringBuilder text = new StringBuilder("<tool_call>\n<function=" + name + ">\n");
    for (int i = 0; i < arguments.length; i += 2) {
      text.append("<parameter=%s>\n%s\n</parameter>\n".formatted(arguments[i], arguments[i + 1]));
    }
    return text + "</function>\n</tool_call>";
  }

  private static Stream<Arguments> taggedReplies() {
    String text = "if a < b:\n  print(\"</p>\")\n\n";
    return Stream.of(
        reply(
            QWEN3_CODER,
            "Well.\n\n" + tagged("add", "s", text) + "\n" + tagged("now") + "\n",
            "Well.",
            "add{\"s\": \"if a < b:\\n  print(\\\"</p>\\\")\\n\\n\"}",
            "now{}"),
        reply(
            QWEN3_CODER,
            "<tool_call><function=add><parameter=n>5</parameter> <parameter=s>03106</parameter>"
                + "</function></tool_call>!",
            "!",
            "add{\"n\": 5, \"s\": \"03106\"}"),
        reply(
            QWEN3_CODER,
            "<function=add>\n<parameter=s>\n</parameter>\n</function>",
            "",
            "add{\"s\": \"\"}"),
        reply(
            QWEN3_CODER,
            tagged("add", "o", "{\"a\": \"</parameter>\"}", "s", "x</function>y"),
            "",
            "add{\"o\": {\"a\": \"</parameter>\"}, \"s\": \"x</function>y\"}"),
        reply(
            QWEN3_CODER,
            "<tool_call>\n<function=add>\n<parameter=s>\na\n<parameter=n>\n1\n</function>",
            "",
            "add{\"s\": \"a\", \"n\": 1}"),
        reply(
            QWEN3_CODER,
            "<tool_call>\n<function=a b>\n</function>",
            "<tool_call>\n<function=a b>\n</function>"),
        reply(QWEN3_CODER, "a <function> <functi", "a <function> <functi"),
        reply(QWEN3_CODER, "<tool_call>\n<function=add>", "<tool_call>\n<function=add>"),
        reply(QWEN3_CODER, hermes("add", "{}"), hermes("add", "{}")));
  }

  private static Stream<Arguments> llamaReplies() {
    return Stream.of(
        reply(LLAMA, JSON_CALL, "", WEATHER),
        reply(LLAMA, "<|python_tag|>" + JSON_CALL, "", WEATHER),
        reply(LLAMA, JSON_CALL + "; {\"name\": \"add\", \"arguments\": {}}", "", WEATHER, "add{}"),
        reply(LLAMA, "[" + JSON_CALL + ", " + JSON_CALL + "]", "", WEATHER, WEATHER),
        reply(LLAMA, "I call:\n" + JSON_CALL + "\nso", "I call:\nso", WEATHER),
        reply(LLAMA, "I call " + JSON_CALL, "I call " + JSON_CALL),
        reply(
            LLAMA,
            "{\"name\": \"Bob\", \"parameters\": {}}",
            "{\"name\": \"Bob\", \"parameters\": {}}"),
        reply(LLAMA, "{\"name\": \"add\", \"text\": \"x\"", "{\"name\": \"add\", \"text\": \"x\""),
        reply(LLAMA, "<|python_tag|>print(1)", "<|python_tag|>print(1)"),
        reply(LLAMA, "[1, 2]", "[1, 2]"));
  }

  private static Stream<Arguments> mistralReplies() {
    return Stream.of(
        reply(
            MISTRAL,
            "[TOOL_CALLS][{\"name\": \"add\", \"arguments\": " + ARGS + ", \"id\": \"a\"}]",
            "",
            "add" + ARGS),
        reply(
            MISTRAL,
            "ok[TOOL_CALLS] [{\"name\": \"add\", \"arguments\": {}}, {\"name\": \"get_weather\", \"arguments\": {}}] ",
            "ok",
            "add{}",
            "get_weather{}"),
        reply(MISTRAL, "[TOOL_CALLS][TOOL_CALLS][]", "[TOOL_CALLS][TOOL_CALLS][]"),
        reply(
            MISTRAL_ARGS,
            "[TOOL_CALLS]add[ARGS]" + ARGS + "[TOOL_CALLS]get_weather[CALL_ID]abc[ARGS]{}",
            "",
            "add" + ARGS,
            "get_weather{}"),
        reply(MISTRAL_ARGS, "[TOOL_CALLS]add{\"a\": 1}", "", "add{\"a\": 1}"),
        reply(MISTRAL_ARGS, "[TOOL_CALLS]add[ARG]{}", "[TOOL_CALLS]add[ARG]{}"));
  }

  private static Stream<Arguments> deepSeekReplies() {
    return Stream.of(
        reply(
            DEEPSEEK,
            "Well\n" + BEGIN + v3("add", ARGS) + "\n" + v3("get_weather", "{}") + END,
            "Well",
            "add" + ARGS,
            "get_weather{}"),
        reply(DEEPSEEK, v3("add", "{}"), "", "add{}"),
        reply(DEEPSEEK, BEGIN + "nothing" + END, BEGIN + "nothing" + END),
        reply(DEEPSEEK, BEGIN + END, BEGIN + END),
        reply(
            DEEPSEEK_V3_1,
            BEGIN + v31("add", ARGS) + v31("function", "{}") + END + "\n",
            "",
            "add" + ARGS,
            "function{}"));
  }

  private static Stream<Arguments> gemmaReplies() {
    return Stream.of(
        reply(GEMMA, "```json\n" + JSON_CALL + "\n```", "", WEATHER),
        reply(GEMMA, "```tool_code\n[" + JSON_CALL + "]\n```\n", "", WEATHER),
        reply(GEMMA, JSON_CALL + "\n" + JSON_CALL, "", WEATHER, WEATHER),
        reply(GEMMA, "See:\n```json\n{\"a\": 1}\n```", "See:\n```json\n{\"a\": 1}\n```"),
        reply(GEMMA, "```python\nx\n```", "```python\nx\n```"),
        reply(
            GEMMA,
            "```json\n" + JSON_CALL + "\n```\n```json\n" + JSON_CALL + "\n```",
            "",
            WEATHER,
            WEATHER));
  }

  private static Stream<Arguments> pythonReplies() {
    return Stream.of(
        reply(
            PYTHON,
            "[get_weather(city=\"Zürich\", days=[1, {'a': None}], x=True, y=-1.5e3), add()]",
            "",
            "get_weather{\"city\": \"Zürich\", \"days\": [1, {\"a\": null}], \"x\": true, \"y\": -1.5e3}",
            "add{}"),
        reply(
            PYTHON,
            "add(a = 1,b= 'it\\'s \\x41\\u00e9\\U0001F600\\n\"' )",
            "",
            "add{\"a\": 1, \"b\": \"it's Aé😀\\n\\\"\"}"),
        reply(PYTHON, "add(1, 2)", "add(1, 2)"),
        reply(PYTHON, "add(a == b) is", "add(a == b) is"),
        reply(PYTHON, "other(a=1)", "other(a=1)"),
        reply(PYTHON, "Use\n[add(a=1)]", "Use", "add{\"a\": 1}"),
        reply(PYTHON, "[1, 2] and [add]", "[1, 2] and [add]"));
  }

  @ParameterizedTest
  @MethodSource("replies")
  void everyCutGivesTheSameTextAndCalls(
      ToolFamily family, String reply, String text, List<String> calls) {
    Streamed whole = Streamed.of(family, Streamed.TOOLS, List.of(reply));
    assertThat(whole.text()).isEqualTo(text);
    assertThat(whole.calls()).extracting(ToolCallParserTest::written).isEqualTo(calls);
    assertThat(whole.complete()).doesNotContain(false);
    for (int cut = 0; cut <= reply.length(); cut++) {
      List<String> pieces = List.of(reply.substring(0, cut), reply.substring(cut));
      assertThat(Streamed.of(family, Streamed.TOOLS, pieces)).as("cut at %d", cut).isEqualTo(whole);
    }
    List<String> single = reply.chars().mapToObj(c -> String.valueOf((char) c)).toList();
    assertThat(Streamed.of(family, Streamed.TOOLS, single)).isEqualTo(whole);
    ToolReply parsed =
        Streamed.format(family)
            .parse(reply, false, Streamed.TOOLS, ToolChoice.auto(), Streamed.ids());
    assertThat(parsed.content().orElse("")).isEqualTo(text);
    assertThat(parsed.toolCalls()).isEqualTo(whole.calls());
  }

  static Stream<Arguments> spoilt() {
    String spoiltJson = "{\"name\": \"add\", \"parameters\": {\"a\": oops}}";
    return Stream.of(
        Arguments.of(
            HERMES, "a\n" + hermes("add", "{\"a\": 01}") + "b", "{\"a\": 0", "a1}}\n</tool_call>b"),
        Arguments.of(
            QWEN3_CODER,
            "<tool_call>\n<function=add>\n<parameter=s>\na\n</parameter>\nso",
            "{\"s\": \"a\"",
            "so"),
        Arguments.of(LLAMA, spoiltJson, "{\"a\": ", "oops}}"),
        Arguments.of(MISTRAL, "[TOOL_CALLS][{\"name\": \"add\", \"arguments\": {,}}]", "{", ",}}]"),
        Arguments.of(MISTRAL_ARGS, "[TOOL_CALLS]add[ARGS]{]", "{", "]"),
        Arguments.of(
            DEEPSEEK, BEGIN + v3("add", "{x}") + END, "{", "x}\n```<｜tool▁call▁end｜>" + END),
        Arguments.of(PYTHON, "[add(a=maybe)]", "{\"a\": ", ")]"));
  }

  @ParameterizedTest
  @MethodSource("spoilt")
  void aCallThatGoesOnWrongEndsThereAndTheWholeOfItIsTextInAWholeReply(
      ToolFamily family, String reply, String arguments, String text) {
    Streamed streamed = Streamed.of(family, Streamed.TOOLS, List.of(reply));
    assertThat(streamed.complete()).containsExactly(false);
    assertThat(streamed.calls().getFirst().function().arguments()).isEqualTo(arguments);
    assertThat(streamed.text()).isEqualTo(text);
    ToolReply parsed =
        Streamed.format(family)
            .parse(reply, true, Streamed.TOOLS, ToolChoice.auto(), Streamed.ids());
    assertThat(parsed).isEqualTo(new ToolReply(Optional.of(reply), List.of()));
  }

  @Test
  void aCutReplyHasTheBeginningOfACall() {
    String reply = hermes("add", "{\"a\": 1").substring(0, 48);
    ToolFormat format = Streamed.format(HERMES);
    ToolReply cut = format.parse(reply, true, Streamed.TOOLS, ToolChoice.auto(), () -> "x");
    assertThat(cut.toolCalls()).containsExactly(ToolCall.of("x", "add", "{\"a\": 1"));
    assertThat(cut.message().content()).isEmpty();
    ToolReply ended = format.parse(reply, false, Streamed.TOOLS, ToolChoice.auto(), () -> "x");
    assertThat(ended.message().content()).contains(reply);
    assertThat(ended.toolCalls()).isEmpty();
  }

  @Test
  void piecesComeAsSoonAsTheyAreCertain() {
    ToolCallParser parser =
        Streamed.format(HERMES).parser(Streamed.TOOLS, ToolChoice.auto(), () -> "x");
    assertThat(parser.accept("Hello <tool")).containsExactly(new ToolCallEvent.Text("Hello"));
    assertThat(parser.accept("s> <tool_call>")).containsExactly(new ToolCallEvent.Text(" <tools>"));
    assertThat(parser.accept("{\"name\": \"add\", \"arguments\": ")).isEmpty();
    assertThat(parser.accept("{\"a"))
        .containsExactly(
            new ToolCallEvent.CallBegin(0, "x", "add"), new ToolCallEvent.Arguments(0, "{\"a"));
    assertThat(parser.accept("\": 1}")).containsExactly(new ToolCallEvent.Arguments(0, "\": 1}"));
    assertThat(parser.accept("}")).containsExactly(new ToolCallEvent.CallEnd(0, true));
    assertThat(parser.accept("\n</tool_call>")).isEmpty();
    assertThat(parser.finish()).isEmpty();
    assertThatThrownBy(() -> parser.accept("")).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(parser::finish).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void withoutFunctionsAllIsText() {
    String reply = hermes("add", "{}");
    for (ToolChoice choice : List.of(ToolChoice.none(), ToolChoice.named("other"))) {
      ToolReply parsed =
          Streamed.format(HERMES).parse(reply, false, Streamed.TOOLS, choice, () -> "x");
      assertThat(parsed.message().content()).contains(reply);
    }
    ToolCallParser parser = Streamed.format(HERMES).parser(List.of(), ToolChoice.auto(), () -> "");
    assertThat(parser.accept(reply)).containsExactly(new ToolCallEvent.Text(reply));
  }

  /** Reads a million braces, and much of other text; reading it anew each time would take hours. */
  @ParameterizedTest
  @MethodSource("floods")
  void floodsAreReadOnce(String unit) {
    int size = unit.equals("{") ? 1 << 20 : 1 << 17;
    String flood = unit.repeat(size / unit.length());
    for (ToolFamily family : ToolFamily.values()) {
      for (String start : starts(family)) {
        List<String> pieces = new ArrayList<>(List.of(start));
        for (int from = 0; from < flood.length(); from += 1000) {
          pieces.add(flood.substring(from, Math.min(from + 1000, flood.length())));
        }
        int length = 0;
        ToolCallParser parser =
            Streamed.format(family).parser(Streamed.TOOLS, ToolChoice.auto(), () -> "x");
        for (String piece : pieces) {
          length += parser.accept(piece).stream().mapToInt(ToolCallParserTest::length).sum();
        }
        length += parser.finish().stream().mapToInt(ToolCallParserTest::length).sum();
        assertThat(length).as("%s %s", family, start).isLessThan(2 * size + 100);
      }
    }
  }

  static Stream<String> floods() {
    return Stream.of(
        "{", "[", "\"", " ", "<tool_call>", "[TOOL_CALLS]", BEGIN, "{\"a\":", "```json\n");
  }

  private static List<String> starts(ToolFamily family) {
    return switch (family) {
      case HERMES, GENERIC ->
          List.of("", "<tool_call>", "<tool_call>{\"name\":\"add\",\"arguments\":");
      case QWEN3_CODER ->
          List.of(
              "",
              "<tool_call>",
              "<function=add><parameter=a>",
              "<function=add><parameter=a>\n",
              "<function=add><parameter=n>{\"a\":");
      case LLAMA, GEMMA -> List.of("", "{\"", "{\"name\": \"add\", \"parameters\": {\"a\": ");
      case MISTRAL, MISTRAL_ARGS -> List.of("", "[TOOL_CALLS]", "[TOOL_CALLS]add[ARGS]{\"");
      case DEEPSEEK, DEEPSEEK_V3_1 -> List.of("", BEGIN, "<｜tool▁call▁begin｜>add<｜tool▁sep｜>{\"");
      case PYTHON -> List.of("", "[add(", "[add(a=[\"");
    };
  }

  private static int length(ToolCallEvent event) {
    return switch (event) {
      case ToolCallEvent.Text(String text) -> text.length();
      case ToolCallEvent.Arguments(int index, String json) -> json.length();
      default -> 0;
    };
  }

  private static String written(ToolCall call) {
    return call.function().name() + call.function().arguments();
  }
}
