package org.mlcengine.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mlcengine.TestModel;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.grammar.CompiledGrammar;
import org.mlcengine.grammar.GrammarCompiler;
import org.mlcengine.grammar.GrammarSpec;
import org.mlcengine.grammar.TokenMatcher;
import org.mlcengine.protocol.FunctionDefinition;
import org.mlcengine.protocol.Tool;
import org.mlcengine.protocol.ToolCall;
import org.mlcengine.protocol.ToolChoice;
import org.mlcengine.tokenizer.StreamDecoder;
import org.mlcengine.tokenizer.Tokenizer;
import org.mlcengine.tokenizer.files.Tokenizers;

/** What grammars let a model write, over the default model's tokenizer. */
class ToolGrammarTest {
  private static final Tokenizer TOKENIZER = Tokenizers.load(TestModel.folder());
  private static final int STOP = TOKENIZER.idOf("<|im_end|>").orElseThrow();
  private static final GrammarCompiler COMPILER =
      new GrammarCompiler(TOKENIZER, TOKENIZER.vocabSize(), STOP);

  private static final Tool WEATHER =
      strict(
          "get_weather",
          """
          {"type": "object", "properties": {"city": {"type": "string", "enum": ["Rome", "Bern"]},
           "days": {"type": "integer", "minimum": 1, "maximum": 9}}, "required": ["city"]}""");
  private static final Tool FIND =
      strict(
          "find",
          """
          {"type": "object", "properties": {"a": {"type": "boolean"}, "b": {"$ref": "#/$defs/b"}},
           "$defs": {"b": {"type": "null"}}}""");
  private static final Tool NOW =
      new Tool(new FunctionDefinition("now", Optional.empty(), Optional.empty(), false));
  private static final List<Tool> TOOLS = List.of(WEATHER, FIND, NOW);

  private static final ToolCall ROME = ToolCall.of("x", "get_weather", "{\"city\": \"Rome\"}");
  private static final ToolCall BERN =
      ToolCall.of("y", "get_weather", "{\"city\": \"Bern\", \"days\": 3}");
  private static final ToolCall FOUND = ToolCall.of("z", "find", "{\"b\": null}");
  private static final ToolCall PARIS = ToolCall.of("x", "get_weather", "{\"city\": \"Paris\"}");
  private static final ToolCall CLOCK = ToolCall.of("x", "now", "{}");
  private static final ToolCall ZONED = ToolCall.of("x", "now", "{\"zone\": 1}");

  private static final String END = "\n</parameter>";

  /** The tokens that could end a value beside this. */
  private static final BitSet SLASHES = new BitSet();

  static {
    IntStream.range(0, TOKENIZER.vocabSize())
        .filter(token -> TOKENIZER.decode(token).contains("/"))
        .forEach(SLASHES::set);
  }

  private static Tool strict(String name, String parameters) {
    return new Tool(new FunctionDefinition(name, Optional.of(name), Optional.of(parameters), true));
  }

  @AfterAll
  static void close() {
    COMPILER.close();
  }

  /** Returns calls as the grammar wants them: without Mistral's ids, and as JSON within Python. */
  private static String written(ToolFamily family, ToolCall... calls) {
    return CallTexts.calls(family, List.of(calls))
        .replaceAll(", \"id\": \".\"", "")
        .replace("None", "null");
  }

  private static CompiledGrammar compile(
      ToolFamily family, ToolChoice choice, boolean parallel, String prompt) {
    return COMPILER.compile(
        Streamed.format(family).grammar(TOOLS, choice, parallel, prompt).orElseThrow());
  }

  private static boolean isReply(CompiledGrammar grammar, String text) {
    try (TokenMatcher matcher = grammar.newMatcher()) {
      return matcher.accept(text) && matcher.isComplete() && matcher.accept(STOP);
    }
  }

  private static boolean mayBegin(CompiledGrammar grammar, String text) {
    try (TokenMatcher matcher = grammar.newMatcher()) {
      return matcher.accept(text);
    }
  }

  @ParameterizedTest
  @EnumSource
  void requiredCallsFollowTheirSchemasAndNothingElseIsSaid(ToolFamily family) {
    try (CompiledGrammar grammar = compile(family, ToolChoice.required(), true, "")) {
      assertThat(isReply(grammar, written(family, ROME))).isTrue();
      assertThat(isReply(grammar, written(family, FOUND))).isTrue();
      assertThat(isReply(grammar, written(family, CLOCK))).isTrue();
      assertThat(isReply(grammar, written(family, BERN, ROME, CLOCK, FOUND))).isTrue();
      assertThat(isReply(grammar, "")).isFalse();
      assertThat(mayBegin(grammar, "Hello")).isFalse();
      assertThat(mayBegin(grammar, "<think>")).isFalse();
      assertThat(mayBegin(grammar, written(family, PARIS))).isFalse();
      assertThat(mayBegin(grammar, written(family, ZONED))).isFalse();
      assertThat(mayBegin(grammar, written(family, ROME) + " Hello")).isFalse();
      String half = written(family, ROME);
      assertThat(isReply(grammar, half.substring(0, half.length() - 1))).isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aNamedFunctionIsCalledOnce(ToolFamily family) {
    try (CompiledGrammar grammar = compile(family, ToolChoice.named("find"), true, "")) {
      assertThat(isReply(grammar, written(family, FOUND))).isTrue();
      assertThat(mayBegin(grammar, written(family, ROME))).isFalse();
      assertThat(mayBegin(grammar, written(family, FOUND, FOUND))).isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource
  void callsThatMayNotBeParallelAreOne(ToolFamily family) {
    try (CompiledGrammar grammar = compile(family, ToolChoice.required(), false, "")) {
      assertThat(isReply(grammar, written(family, BERN))).isTrue();
      assertThat(mayBegin(grammar, written(family, BERN, ROME))).isFalse();
    }
    try (CompiledGrammar grammar = compile(family, ToolChoice.auto(), false, "")) {
      assertThat(isReply(grammar, "Hello, I call\n" + written(family, BERN))).isTrue();
      assertThat(isReply(grammar, "Hello")).isTrue();
      assertThat(mayBegin(grammar, written(family, BERN, ROME))).isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource
  void onItsOwnChoiceTheModelIsHeldToStrictSchemasOnceACallBegins(ToolFamily family) {
    try (CompiledGrammar grammar = compile(family, ToolChoice.auto(), true, "")) {
      assertThat(isReply(grammar, "Hello {1, [2]} <b>")).isTrue();
      assertThat(isReply(grammar, "I call\n" + written(family, BERN))).isTrue();
      assertThat(isReply(grammar, written(family, ROME))).isTrue();
      assertThat(isReply(grammar, written(family, ZONED))).isTrue();
      assertThat(mayBegin(grammar, "I call\n" + written(family, PARIS))).isFalse();
      String half = written(family, ROME);
      assertThat(isReply(grammar, half.substring(0, half.length() - 1))).isFalse();
      if (family != ToolFamily.PYTHON) {
        assertThat(isReply(grammar, written(family, ROME, BERN))).isTrue();
      }
    }
  }

  @Test
  void thoughtsMayComeBeforeCalls() {
    ToolFormat format = ToolFormat.ofChatTemplate("<think> <tool_call> tools", "");
    String call = "<tool_call>\n{\"name\": \"now\", \"arguments\": {}}\n</tool_call>";
    String thoughts = "I <see> no tool_call\n</think>\n\n";
    try (CompiledGrammar possible = thinking(format, "<|im_start|>assistant\n");
        CompiledGrammar begun = thinking(format, "<|im_start|>assistant\n<think>\n");
        CompiledGrammar none = thinking(format, "<think>\n\n</think>\n\n")) {
      assertThat(isReply(possible, call)).isTrue();
      assertThat(isReply(possible, "<think>" + thoughts + call)).isTrue();
      assertThat(isReply(possible, "<think>" + thoughts)).isFalse();
      assertThat(mayBegin(possible, "Hello")).isFalse();
      assertThat(isReply(begun, thoughts + call)).isTrue();
      assertThat(isReply(begun, thoughts)).isFalse();
      assertThat(isReply(none, call)).isTrue();
      assertThat(mayBegin(none, "<think>")).isFalse();
    }
  }

  private static CompiledGrammar thinking(ToolFormat format, String prompt) {
    return COMPILER.compile(
        format.grammar(TOOLS, ToolChoice.required(), true, prompt).orElseThrow());
  }

  @Test
  void thereIsNoFormWhereNothingIsHeldToOne() {
    ToolFormat format = Streamed.format(ToolFamily.HERMES);
    assertThat(format.grammar(TOOLS, ToolChoice.none(), true, "")).isEmpty();
    assertThat(format.grammar(List.of(), ToolChoice.auto(), false, "")).isEmpty();
    assertThat(format.grammar(List.of(NOW), ToolChoice.auto(), true, "")).isEmpty();
    assertThat(format.grammar(List.of(NOW), ToolChoice.auto(), false, "")).isPresent();
    assertThat(format.grammar(List.of(NOW), ToolChoice.required(), true, "")).isPresent();
  }

  @Test
  void argumentsThatPythonCannotNameAreRefused() {
    ToolFormat format = Streamed.format(ToolFamily.PYTHON);
    Tool space = strict("f", "{\"type\": \"object\", \"properties\": {\"a b\": {}}}");
    Tool either = strict("f", "{\"anyOf\": [{\"type\": \"object\"}]}");
    for (Tool tool : List.of(space, either)) {
      assertThatThrownBy(() -> format.grammar(List.of(tool), ToolChoice.required(), true, ""))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("Python");
    }
  }

  /** Draws tokens at random among those that may come, and reads the reply back. */
  @ParameterizedTest
  @EnumSource
  void whateverTheGrammarLetsPassIsReadAsCalls(ToolFamily family) {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    ToolFormat format = Streamed.format(family);
    try (CompiledGrammar grammar = compile(family, ToolChoice.required(), true, "")) {
      for (int round = 0; round < 10; round++) {
        List<String> pieces = walk(grammar, random);
        String reply = String.join("", pieces);
        String context = "seed %d: %s".formatted(seed, reply);
        Streamed read = Streamed.of(family, TOOLS, pieces);
        assertThat(read.text()).as(context).isEmpty();
        assertThat(read.calls()).as(context).isNotEmpty();
        assertThat(read.complete()).as(context).doesNotContain(false);
        for (ToolCall call : read.calls()) {
          assertThat(JsonSpacing.isObject(call.function().arguments())).as(context).isTrue();
          assertThat(call.function().name()).as(context).isIn("get_weather", "find", "now");
        }
        assertThat(format.parse(reply, false, TOOLS, ToolChoice.required(), Streamed.ids()))
            .as(context)
            .isEqualTo(new ToolReply(Optional.empty(), read.calls()));
      }
    }
  }

  /** Draws tokens of a value in tags at random, ends it, and reads it back. */
  @Test
  void textInTagsIsReadAsItWasWritten() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    Tool tool =
        strict(
            "f",
            """
            {"type": "object", "properties": {"a": {"type": "string"},
             "b": {"type": "string", "maxLength": 60}, "c": {"type": "integer"}},
             "required": ["a", "b", "c"]}""");
    ToolFormat format = Streamed.format(ToolFamily.QWEN3_CODER);
    GrammarSpec spec = format.grammar(List.of(tool), ToolChoice.required(), true, "").orElseThrow();
    try (CompiledGrammar grammar = COMPILER.compile(spec)) {
      for (int round = 0; round < 20; round++) {
        StringBuilder reply = new StringBuilder();
        try (TokenMatcher matcher = grammar.newMatcher()) {
          write(matcher, reply, "<tool_call>\n<function=f>\n<parameter=a>\n");
          String a = drawValue(matcher, reply, random);
          write(matcher, reply, "\n<parameter=b>\n");
          String b = drawValue(matcher, reply, random);
          write(matcher, reply, "\n<parameter=c>\n7\n</parameter>\n</function>\n</tool_call>");
          String context = "seed %d, round %d: %s".formatted(seed, round, reply);
          String json = "{\"a\": %s, \"b\": %s, \"c\": 7}";
          ToolReply read =
              format.parse(
                  reply.toString(), false, List.of(tool), ToolChoice.required(), () -> "x");
          assertThat(read.content()).as(context).isEmpty();
          assertThat(read.toolCalls()).as(context).hasSize(1);
          assertThat(ToolGrammar.json(read.toolCalls().getFirst().function().arguments()))
              .as(context)
              .isEqualTo(
                  ToolGrammar.json(
                      json.formatted(ToolDefinitions.quoted(a), ToolDefinitions.quoted(b))));
        }
      }
    }
  }

  private static void write(TokenMatcher matcher, StringBuilder reply, String text) {
    assertThat(matcher.accept(text)).as(reply + text).isTrue();
    reply.append(text);
  }

  /** Draws some tokens, and more until the value may end, and ends it. */
  private static String drawValue(TokenMatcher matcher, StringBuilder reply, Random random) {
    StringBuilder value = new StringBuilder();
    StreamDecoder decoder = TOKENIZER.streamDecoder();
    int enough = random.nextInt(12);
    for (int i = 0; i < 1_000; i++) {
      String ended = i < enough ? null : ended(matcher, value.toString());
      if (ended != null) {
        reply.append(ended).append(END);
        return ended;
      }
      MemorySegment mask = matcher.mask();
      int[] allowed =
          IntStream.range(0, TOKENIZER.vocabSize())
              .filter(t -> allows(mask, t) && !SLASHES.get(t))
              .toArray();
      if (allowed.length == 0) {
        enough = 0;
        continue;
      }
      int token = allowed[random.nextInt(allowed.length)];
      assertThat(matcher.accept(token)).isTrue();
      value.append(decoder.append(token));
    }
    throw new AssertionError("no end: " + value);
  }

  /** Ends a value, of whose end a part may have been drawn; null if it may not end there. */
  private static @Nullable String ended(TokenMatcher matcher, String value) {
    for (int drawn = 0; drawn < END.length(); drawn++) {
      if (value.endsWith(END.substring(0, drawn)) && matcher.accept(END.substring(drawn))) {
        return value.substring(0, value.length() - drawn);
      }
    }
    return null;
  }

  private static List<String> walk(CompiledGrammar grammar, Random random) {
    List<String> pieces = new ArrayList<>();
    StreamDecoder decoder = TOKENIZER.streamDecoder();
    try (TokenMatcher matcher = grammar.newMatcher()) {
      while (true) {
        MemorySegment mask = matcher.mask();
        int[] allowed =
            IntStream.range(0, TOKENIZER.vocabSize()).filter(t -> allows(mask, t)).toArray();
        boolean enough = pieces.size() > 20 && allows(mask, STOP);
        int token = enough ? STOP : allowed[random.nextInt(allowed.length)];
        assertThat(matcher.accept(token)).isTrue();
        if (token == STOP) {
          pieces.add(decoder.finish());
          return pieces;
        }
        pieces.add(decoder.append(token));
      }
    }
  }

  private static boolean allows(@Nullable MemorySegment mask, int token) {
    return mask == null
        || (mask.getAtIndex(ValueLayout.JAVA_INT, token / 32) >>> token % 32 & 1) != 0;
  }
}
