package org.mlcengine.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.grammar.GrammarSpec.StructuralTag;

/** Objects whose members stand in tags. */
class TaggedArgumentsTest {
  private static final GrammarCompiler COMPILER = Walker.compiler();

  @AfterAll
  static void close() {
    COMPILER.close();
  }

  private static StructuralTag tag(String schema) {
    return new StructuralTag(
        ("{\"type\":\"structural_tag\",\"format\":{\"type\":\"json_schema\",\"style\":\"qwen_xml\","
                + "\"json_schema\":%s}}")
            .formatted(schema));
  }

  private static StructuralTag property(String schema) {
    return tag(
        "{\"type\":\"object\",\"properties\":{\"a\":%s},\"required\":[\"a\"],\"$defs\":{\"n\":{\"type\":\"null\"}}}"
            .formatted(schema));
  }

  private static boolean takes(StructuralTag tag, String text) {
    try (CompiledGrammar grammar = COMPILER.compile(tag);
        TokenMatcher matcher = grammar.newMatcher()) {
      return matcher.accept(text) && matcher.isComplete() && matcher.accept(Walker.STOP);
    }
  }

  private static String written(String value) {
    return "\n<parameter=a>" + value + "</parameter>";
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{}|x < y|</parameter>",
        "{\"type\":\"string\"}|</p> and <parameter=b> within|</parameter>",
        "{\"type\":\"string\"}|`a\n\n`|`\n<parameter=b>`",
        "{\"type\":\"string\"}||`a\n</function>`",
        "{\"type\":\"string\",\"minLength\":2}|ab<c|`a`",
        "{\"type\":\"string\",\"minLength\":2}|`\nb`|`a\n`",
        "{\"type\":\"string\",\"maxLength\":3}|`a\nb`|abcd",
        "{\"type\":\"string\",\"minLength\":2,\"maxLength\":3}|ab|a",
        "{\"type\":\"string\",\"maxLength\":2000}|ab|a<b",
        "{\"type\":\"string\",\"pattern\":\"^[^a]+$\"}|bc|b<",
        "`{\"type\":\"string\",\"pattern\":\"^(a|b)c?$\"}`|bc|cb",
        "{\"type\":\"string\",\"format\":\"date\"}|2024-02-29|2023-02-29",
        "{\"enum\":[\"a b\",1,null]}|a b|`\"a b\"`",
        "{\"enum\":[\"a b\",1,null]}|null|2",
        "{\"enum\":[\"\"]}|``|a",
        "{\"type\":\"integer\",\"maximum\":9}|7|10",
        "{\"type\":\"object\",\"properties\":{\"b\":{\"type\":\"boolean\"}}}|{\"b\":true}|{\"b\":1}",
        "{\"anyOf\":[{\"type\":\"string\",\"maxLength\":2},{\"type\":\"integer\"}]}|123|abc",
        "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}|abc|</parameter>",
        "{\"$ref\":\"#/$defs/n\"}|null|nil",
      })
  void valuesFollowTheirSchemas(String schema, String good, String bad) {
    StructuralTag tag = property(schema);
    String value = good == null ? "" : good;
    assertThat(takes(tag, written("\n" + value + "\n"))).isTrue();
    assertThat(takes(tag, written("\n" + bad + "\n"))).isFalse();
  }

  @Test
  void membersComeInTheirOrder() {
    StructuralTag tag =
        tag(
            "{\"type\":\"object\",\"properties\":{\"b\":{},\"a\":{\"type\":\"integer\"}},"
                + "\"required\":[\"a\"]}");
    String b = "\n<parameter=b>x</parameter>";
    String a = written("\n1\n");
    assertThat(takes(tag, b + a)).isTrue();
    assertThat(takes(tag, a)).isTrue();
    assertThat(takes(tag, a + b)).isFalse();
    assertThat(takes(tag, b)).isFalse();
    assertThat(takes(tag, a + "\n<parameter=c>x</parameter>")).isFalse();
    StructuralTag map =
        tag("{\"type\":\"object\",\"additionalProperties\":{\"type\":\"integer\"}}");
    assertThat(takes(map, "")).isTrue();
    assertThat(takes(map, a + "\n<parameter=c d>\n-2\n</parameter>")).isTrue();
    assertThat(takes(map, b)).isFalse();
    assertThat(takes(tag("{}"), b + a + "\n<parameter=c>x</parameter>")).isTrue();
    assertThat(takes(tag("{\"type\":\"object\",\"additionalProperties\":false}"), "")).isTrue();
  }

  @Test
  void longTextsComeToAnEnd() {
    long seed = Walker.seed();
    Random random = new Random(seed);
    StructuralTag tag = property("{\"type\":\"string\",\"minLength\":3,\"maxLength\":3000}");
    try (CompiledGrammar grammar = COMPILER.compile(tag);
        TokenMatcher matcher = grammar.newMatcher()) {
      String text = "a".repeat(1 + random.nextInt(2_000)) + "\n" + "é".repeat(900);
      assertThat(matcher.accept("\n<parameter=a>\n" + text)).as("seed %d", seed).isTrue();
      assertThat(matcher.mask()).isNotNull();
      assertThat(matcher.accept("\n</parameter>")).as("seed %d", seed).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"type\":\"string\"}|one of objects",
        "{\"anyOf\":[{\"type\":\"object\"},{\"type\":\"null\"}]}|one of objects",
        "{\"type\":\"object\",\"minProperties\":1}|minProperties",
        "{\"type\":\"object\",\"properties\":{\"a>\":{}}}|\"a>\" cannot be the name",
        "{\"type\":\"object\",\"properties\":{\"\":{}}}|cannot be the name",
        "{\"properties\":{\"a\":{\"enum\":[\"</parameter>\"]}}}|holds what ends one",
        "{\"properties\":{\"a\":{\"enum\":[\"<parameter=b\"]}}}|holds what ends one",
        "{\"properties\":{\"a\":{\"pattern\":\"^<a$\"}}}|cannot demand the character <",
        "{\"properties\":{\"a\":{\"not\":{}}}}|keyword \"not\"",
        "{\"properties\":{\"a\":false},\"required\":[\"a\"]}|allows no object",
      })
  void whatTagsCannotHoldIsRefused(String schema, String message) {
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> GrammarCompiler.check(tag(schema)))
        .withMessageContaining(message);
  }

  @Test
  void otherStylesAreRefused() {
    StructuralTag tag = new StructuralTag(tag("{}").json().replace("qwen_xml", "glm_xml"));
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> GrammarCompiler.check(tag))
        .withMessageContaining("glm_xml");
  }
}
