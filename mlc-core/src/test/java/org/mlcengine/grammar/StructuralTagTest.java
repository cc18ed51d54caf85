package org.mlcengine.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.math.BigInteger;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.grammar.GrammarSpec.StructuralTag;

/** Replies with tagged parts, such as calls of tools. */
class StructuralTagTest {
  private static final GrammarCompiler COMPILER = Walker.compiler();
  private static final Pattern CALL = Pattern.compile("<call=(\\w+)>(.*?)</call>", Pattern.DOTALL);

  private static final String TOOLS =
      """
      {"type": "structural_tag", "format": {"type": "triggered_tags", "triggers": ["<call="],
       "at_least_one": true, "stop_after_first": %s, "tags": [
        {"type": "tag", "begin": "<call=add>", "end": "</call>", "content":
         {"type": "json_schema", "json_schema": {"type": "object",
          "properties": {"a": {"type": "integer"}, "b": {"type": "integer", "maximum": 9}},
          "required": ["a", "b"]}}},
        {"type": "tag", "begin": "<call=now>", "end": "</call>", "content":
         {"type": "regex", "pattern": "[A-Z]{3}"}}]}}
      """;

  @AfterAll
  static void close() {
    COMPILER.close();
  }

  @Test
  void everyCallFollowsItsSchema() throws JsonProcessingException {
    long seed = Walker.seed();
    Random random = new Random(seed);
    try (CompiledGrammar grammar = COMPILER.compile(new StructuralTag(TOOLS.formatted("true")))) {
      for (int i = 0; i < 8; i++) {
        String reply = Walker.reply(grammar, random);
        String what = "seed %d, reply %s".formatted(seed, reply);
        MatchResult call = CALL.matcher(reply).results().findFirst().orElseThrow();
        assertThat(call.group()).as(what).isEqualTo(reply);
        if (call.group(1).equals("now")) {
          assertThat(call.group(2)).as(what).matches("[A-Z]{3}");
        } else {
          JsonNode arguments = new JsonMapper().readTree(call.group(2));
          assertThat(arguments.path("a").isIntegralNumber()).as(what).isTrue();
          assertThat(arguments.path("b").bigIntegerValue()).as(what).isLessThan(BigInteger.TEN);
          assertThat(arguments.size()).as(what).isEqualTo(2);
        }
      }
    }
  }

  @Test
  void textMayStandBetweenCallsAndNoneMayBreakOff() {
    String tag =
        TOOLS.formatted("false").replace("\"at_least_one\": true", "\"at_least_one\": false");
    try (CompiledGrammar grammar = COMPILER.compile(new StructuralTag(tag));
        TokenMatcher matcher = grammar.newMatcher()) {
      assertThat(matcher.accept("Let me see. <call=now>UTC</call> and <call=add>{\"a\":1,"))
          .isTrue();
      assertThat(matcher.isComplete()).isFalse();
      assertThat(matcher.accept("\"c\"")).isFalse();
      assertThat(matcher.accept("\"b\":2}</call> done")).isTrue();
      assertThat(matcher.isComplete()).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\'',
      value = {
        "[]; expected an object",
        "{\"type\":\"other\",\"format\":{}}; expected {\"type\": \"structural_tag\"",
        "{\"type\":\"structural_tag\",\"format\":{\"type\":\"token\",\"token\":1}}; format \"token\" at format is not supported",
        "{\"type\":\"structural_tag\",\"format\":{\"type\":\"any_text\",\"max_tokens\":1}}; field \"max_tokens\" at format",
        "{\"type\":\"structural_tag\",\"format\":{\"type\":\"sequence\"}}; lacks \"elements\"",
        "{\"type\":\"structural_tag\",\"format\":{\"type\":\"or\",\"elements\":[]}}; at least one format",
        "{\"type\":\"structural_tag\",\"format\":{\"type\":\"json_schema\",\"json_schema\":{\"not\":{}}}}; keyword \"not\"",
        "{\"type\":\"structural_tag\",\"format\":{\"type\":\"regex\",\"pattern\":\"\\\\b\"}}; word boundary",
        "{\"type\":\"structural_tag\",\"format\":{\"type\":\"regex\",\"pattern\":3}}; is a string"
      })
  void malformedTagIsRefused(String json, String message) {
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> GrammarCompiler.check(new StructuralTag(json)))
        .withMessageContaining(message);
  }

  @Test
  void whatXGrammarRefusesIsRefused() {
    String json =
        "{\"type\":\"structural_tag\",\"format\":{\"type\":\"const_string\",\"value\":[3]}}";
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> COMPILER.compile(new StructuralTag(json)).close())
        .withMessageContaining("the grammar is malformed");
  }
}
