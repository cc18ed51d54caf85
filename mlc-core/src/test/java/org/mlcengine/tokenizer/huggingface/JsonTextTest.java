package org.mlcengine.tokenizer.huggingface;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTextTest {
  private static String string(String text) throws IOException {
    JsonText json = new JsonText(text);
    json.string("a string");
    json.end();
    return json.lastString();
  }

  private static long number(String text) throws IOException {
    return new JsonText(text).wholeNumber("a number");
  }

  @Test
  void escapesAreRead() throws IOException {
    assertThat(string(" \"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0120\\ud83D\\uDE00\u00e9\" "))
        .isEqualTo("a\"\\/\b\f\n\r\t\u0120\ud83d\ude00\u00e9");
    assertThat(string('"' + "x".repeat(1000) + '"')).hasSize(1000);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "a", "\"", "\"a", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\n\""})
  void whatIsNoStringIsRefused(String text) {
    assertThatThrownBy(() -> string(text)).isInstanceOf(IOException.class);
  }

  @Test
  void wholeNumbersAreRead() throws IOException {
    assertThat(number("0")).isZero();
    assertThat(number(" 120,")).isEqualTo(120);
    assertThat(number("-7")).isEqualTo(-7);
    assertThat(number("9".repeat(40))).isGreaterThanOrEqualTo(1L << 53);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-", "x", "01", "1.5", "1e3", "2E1", "\"1\"", "true"})
  void whatIsNoWholeNumberIsRefused(String text) {
    assertThatThrownBy(() -> number(text))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("a number");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"a\":[1,{\"b\":\"]}\"}]}, | {\"a\":[1,{\"b\":\"]}\"}]}",
        "[] ] | []",
        "\"a,b\",c | \"a,b\"",
        "12.5e3} | 12.5e3",
        "true] | true",
        "null | null",
      })
  void aValueEndsWhereItsNestingEnds(String text, String value) throws IOException {
    assertThat(new JsonText(text).value()).isEqualTo(value);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[", "{\"a\":1", "}", "[\"]", "[[[]]"})
  void aValueWithoutAnEndIsRefused(String text) {
    assertThatThrownBy(() -> new JsonText(text).value()).isInstanceOf(IOException.class);
  }

  @Test
  void membersFollowOneAnother() throws IOException {
    JsonText json = new JsonText(" { \"a\" : 1 , \"b\":2}");
    List<String> members = new ArrayList<>();
    json.pass('{', "an object");
    for (boolean first = true; json.next('}', first); first = false) {
      json.name();
      members.add(json.lastString() + json.wholeNumber("a number"));
    }
    json.end();
    assertThat(members).containsExactly("a1", "b2");
  }

  @Test
  void anErrorNamesThePlace() {
    JsonText json = new JsonText("[\n  x");
    assertThatThrownBy(
            () -> {
              json.pass('[', "an array");
              json.pass('"', "a string");
            })
        .isInstanceOf(IOException.class)
        .hasMessage("expected a string in line 2, column 3, found 'x'");
  }
}
