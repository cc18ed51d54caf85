package org.mlcengine.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mlcengine.protocol.FunctionDefinition;

/** What a model's text for an argument means, by the function's schema. */
class ArgumentTypesTest {
  private static ArgumentTypes types(String property) {
    String schema =
        "{\"type\":\"object\",\"properties\":{\"a\":%s},\"$defs\":{\"n\":{\"type\":\"number\"}}}";
    return ArgumentTypes.of(new FunctionDefinition("f", "", schema.formatted(property)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{}|5|\"5\"",
        "true|null|\"null\"",
        "{\"type\":\"string\"}|null|\"null\"",
        "{\"type\":\"string\"}|` \"x\" `|\" \\\"x\\\" \"",
        "{\"type\":\"integer\"}|5|5",
        "{\"type\":\"integer\"}|` -5\t`|-5",
        "{\"type\":\"integer\"}|five|\"five\"",
        "{\"type\":\"integer\"}|007|\"007\"",
        "{\"type\":\"integer\"}|``|\"\"",
        "{\"type\":\"number\"}|1e3|1e3",
        "{\"type\":\"number\"}|1.|\"1.\"",
        "{\"type\":\"boolean\"}|true|true",
        "{\"type\":\"boolean\"}|False|false",
        "{\"type\":\"boolean\"}|1|\"1\"",
        "{\"type\":\"null\"}|None|null",
        "{\"type\":\"array\"}|[1, {\"b\":\"c\"}]|[1, {\"b\":\"c\"}]",
        "{\"type\":\"array\"}|[1, {'b': True}]|[1, {\"b\": true}]",
        "{\"type\":\"array\"}|[1,|\"[1,\"",
        "{\"type\":\"object\"}|[1]|\"[1]\"",
        "{\"type\":[\"string\",\"null\"]}|null|null",
        "{\"type\":[\"string\",\"null\"]}|nulls|\"nulls\"",
        "{\"anyOf\":[{\"type\":\"integer\"},{\"type\":\"string\"}]}|5|5",
        "{\"anyOf\":[{\"type\":\"integer\"},{\"type\":\"string\"}]}|5 km|\"5 km\"",
        "{\"$ref\":\"#/$defs/n\"}|5|5",
        "{\"$ref\":\"#/$defs/none\"}|5|\"5\"",
        "{\"$ref\":\"#/properties/a\"}|5|\"5\"",
        "{\"enum\":[1,2]}|2|2",
        "{\"enum\":[\"1\",\"2\"]}|2|\"2\"",
        "{\"const\":true}|true|true",
        "{\"minimum\":1}|5|5",
        "{\"maxLength\":9}|5|\"5\"",
        "{\"items\":{}}|[]|[]",
        "{\"properties\":{}}|{}|{}",
      })
  void aTextIsReadAsTheSchemaSays(String schema, String text, String json) {
    assertThat(types(schema).json("a", text)).isEqualTo(json);
  }

  @Test
  void argumentsThatAreNotDeclaredAreText() {
    assertThat(types("{\"type\":\"integer\"}").json("b", "5")).isEqualTo("\"5\"");
    assertThat(types("{}").isText("b")).isTrue();
    assertThat(ArgumentTypes.UNKNOWN.isText("a")).isTrue();
    ArgumentTypes map =
        ArgumentTypes.of(
            new FunctionDefinition("f", "", "{\"additionalProperties\":{\"type\":\"integer\"}}"));
    assertThat(map.json("b", "5")).isEqualTo("5");
    assertThat(map.mayBeText("b")).isFalse();
  }

  /** Follows each schema once, where going every way would take longer than anyone waits. */
  @Test
  void schemasThatReferToThemselvesAreFollowedOnce() {
    String self = "{\"$ref\":\"#/properties/a\"}";
    String options = String.join(",", List.of(self, self, self, self, "{\"type\":\"integer\"}"));
    assertThat(types("{\"anyOf\":[" + options + "]}").json("a", "5")).isEqualTo("5");
  }
}
