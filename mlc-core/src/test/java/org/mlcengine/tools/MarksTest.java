package org.mlcengine.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mlcengine.grammar.CompiledGrammar;
import org.mlcengine.grammar.GrammarCompiler;
import org.mlcengine.grammar.GrammarSpec;
import org.mlcengine.grammar.TokenMatcher;
import org.mlcengine.protocol.Tool;
import org.mlcengine.protocol.ToolCall;
import org.mlcengine.protocol.ToolChoice;
import org.mlcengine.tokenizer.SpecialTokens;
import org.mlcengine.tokenizer.StreamDecoder;
import org.mlcengine.tokenizer.Tokenizer;

/** Marks of calls that are special tokens: what grammars let pass, and what is read of them. */
class MarksTest {
  private static final String OTHER = "<|other|>";
  private static final List<Tool> TOOLS =
      List.of(
          Tool.function(
              "add",
              "Adds.",
              "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}},"
                  + "\"required\":[\"a\"]}"));
  private static final List<ToolCall> CALLS =
      List.of(ToolCall.of("x", "add", "{\"a\":\"é\"}"), ToolCall.of("y", "add", "{\"a\":\"b\"}"));

  @TempDir private static Path folder;

  private static Tokenizer tokenizer;
  private static int stop;
  private static GrammarCompiler compiler;

  @BeforeAll
  static void load() {
    List<String> specials =
        Stream.concat(
                Arrays.stream(ToolFamily.values()).flatMap(f -> f.markers().stream()),
                Stream.concat(Thoughts.MARKS.stream().sorted(), Stream.of(OTHER)))
            .distinct()
            .toList();
    tokenizer = MarkedTokenizer.load(folder, specials);
    stop = id("<|im_end|>");
    compiler = new GrammarCompiler(tokenizer, tokenizer.vocabSize(), stop);
  }

  @AfterAll
  static void close() {
    compiler.close();
  }

  private static int id(String token) {
    return tokenizer.idOf(token).orElseThrow();
  }

  private static List<Integer> specials() {
    return IntStream.range(0, tokenizer.vocabSize()).filter(tokenizer::isSpecial).boxed().toList();
  }

  private static boolean allows(@Nullable MemorySegment mask, int token) {
    return mask == null
        || (mask.getAtIndex(ValueLayout.JAVA_INT, token / 32) >>> token % 32 & 1) != 0;
  }

  /** Takes the tokens, each of which the mask allows, and returns the special ones it allowed. */
  private static Set<Integer> write(GrammarSpec spec, int... tokens) {
    Set<Integer> allowed = new TreeSet<>();
    try (CompiledGrammar grammar = compiler.compile(spec);
        TokenMatcher matcher = grammar.newMatcher()) {
      for (int token : tokens) {
        MemorySegment mask = matcher.mask();
        specials().stream().filter(s -> allows(mask, s)).forEach(allowed::add);
        assertThat(allows(mask, token)).as(tokenizer.decode(token)).isTrue();
        assertThat(matcher.accept(token)).isTrue();
      }
      assertThat(matcher.isComplete()).isTrue();
      assertThat(matcher.accept(stop)).isTrue();
    }
    allowed.remove(stop);
    return allowed;
  }

  private static GrammarSpec required(ToolFamily family) {
    return Streamed.format(family).grammar(TOOLS, ToolChoice.required(), true, "").orElseThrow();
  }

  private static String written(ToolFamily family) {
    String text = CallTexts.calls(family, CALLS).replaceAll(", \"id\": \".\"", "");
    return family == ToolFamily.LLAMA ? "<|python_tag|>" + text : text;
  }

  @ParameterizedTest
  @EnumSource
  void callsAreMarkedWithSpecialTokensOrSpelled(ToolFamily family) {
    String text = written(family);
    int[] tokens = tokenizer.encode(text);
    assertThat(IntStream.of(tokens).anyMatch(tokenizer::isSpecial))
        .isEqualTo(!family.markers().isEmpty());
    Set<Integer> allowed = write(required(family), tokens);
    assertThat(allowed).isSubsetOf(family.markers().stream().map(MarksTest::id).toList());
    assertThat(allowed)
        .containsAll(IntStream.of(tokens).filter(tokenizer::isSpecial).boxed().toList());
    write(required(family), tokenizer.encode(text, SpecialTokens.AS_TEXT));
  }

  @ParameterizedTest
  @EnumSource
  void specialTokensAreReadAsMarks(ToolFamily family) {
    String text = written(family);
    StreamDecoder decoder = tokenizer.streamDecoder();
    List<String> pieces = new ArrayList<>();
    for (int token : tokenizer.encode(text)) {
      pieces.add(decoder.append(token));
    }
    pieces.add(decoder.finish());
    Streamed read = Streamed.of(family, TOOLS, pieces);
    assertThat(read.text()).isEmpty();
    assertThat(read.complete()).containsExactly(true, true);
    assertThat(read.calls()).extracting(call -> call.function().name()).containsOnly("add");
    assertThat(read.calls().getFirst().function().arguments()).isEqualTo("{\"a\": \"é\"}");
  }

  @ParameterizedTest
  @EnumSource
  void textBeforeCallsOfTheModelsOwnChoiceHasTheirMarksOnly(ToolFamily family) {
    GrammarSpec auto =
        Streamed.format(family).grammar(TOOLS, ToolChoice.auto(), false, "").orElseThrow();
    String call = CallTexts.calls(family, CALLS.subList(0, 1)).replace(", \"id\": \"x\"", "");
    Set<Integer> allowed = write(auto, tokenizer.encode("Hello\n" + call));
    assertThat(allowed).isSubsetOf(family.markers().stream().map(MarksTest::id).toList());
    assertThat(write(auto, tokenizer.encode("Hello"))).doesNotContain(id(OTHER));
  }

  @Test
  void thoughtsAreMarkedToo() {
    ToolFormat format = ToolFormat.ofChatTemplate("<think> <tool_call> tools", "");
    GrammarSpec spec = format.grammar(TOOLS, ToolChoice.required(), true, "").orElseThrow();
    String text = "<think>Well.</think>\n\n" + written(ToolFamily.HERMES);
    assertThat(write(spec, tokenizer.encode(text)))
        .contains(id("<think>"), id("</think>"))
        .doesNotContain(id(OTHER), id("[TOOL_CALLS]"));
  }

  @Test
  void noOtherGrammarHasSpecialTokensAsText() {
    String json = "{\"a\": \"[TOOL_CALLS]\"}";
    int[] spelled = tokenizer.encode(json, SpecialTokens.AS_TEXT);
    String schema = TOOLS.getFirst().function().parameters().orElseThrow();
    String tag = ((GrammarSpec.Calls) required(ToolFamily.MISTRAL)).tag();
    write(required(ToolFamily.MISTRAL), tokenizer.encode(written(ToolFamily.MISTRAL)));
    for (GrammarSpec spec :
        List.of(
            new GrammarSpec.AnyJson(),
            new GrammarSpec.JsonSchema(schema, true),
            new GrammarSpec.Regex("[\\s\\S]*"))) {
      assertThat(write(spec, spelled)).isEmpty();
    }
    String calls = written(ToolFamily.MISTRAL);
    assertThat(
            write(
                new GrammarSpec.StructuralTag(tag), tokenizer.encode(calls, SpecialTokens.AS_TEXT)))
        .isEmpty();
  }
}
