package org.mlcengine.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.grammar.GrammarSpec.JsonSchema;

/** What a grammar cannot keep to is refused by name, before anything native is asked. */
class SchemaRefusalTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "not",
        "if",
        "then",
        "else",
        "patternProperties",
        "propertyNames",
        "dependentRequired",
        "dependentSchemas",
        "dependencies",
        "unevaluatedProperties",
        "unevaluatedItems",
        "additionalItems",
        "contains",
        "minContains",
        "maxContains",
        "uniqueItems",
        "nullable",
        "contentEncoding",
        "contentMediaType",
        "contentSchema",
        "$anchor",
        "$dynamicRef",
        "$dynamicAnchor",
        "$recursiveRef",
        "$recursiveAnchor",
        "$vocabulary"
      })
  void keywordIsRefusedByNameWithARemedy(String keyword) {
    refuses(
        "{\"type\":\"object\",\"properties\":{\"a\":{\"%s\":true}}}".formatted(keyword),
        "keyword \"" + keyword + "\" at #/properties/a is not supported: ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\'',
      value = {
        "{\"maxLenght\":3}; \"maxLenght\" at # is unknown",
        "{\"items\":{\"$id\":\"x\"}}; \"$id\" at #/items is not supported",
        "{\"allOf\":[{},{}]}; \"allOf\" at # is supported with one schema",
        "{\"$ref\":\"other.json#/a\"}; leads out of the schema",
        "{\"$ref\":\"#anchor\"}; leads out of the schema",
        "{\"$ref\":\"#/$defs/none\"}; names nothing",
        "{\"$ref\":\"#/a\",\"type\":\"string\",\"a\":{}}; \"a\" at # is unknown",
        "{\"$ref\":\"#/$defs/a\",\"minLength\":1,\"$defs\":{\"a\":{}}}; \"minLength\" at # is not supported beside \"$ref\"",
        "{\"anyOf\":[{}],\"properties\":{}}; \"properties\" at # is not supported beside \"anyOf\"",
        "{\"anyOf\":[{\"type\":\"number\"}],\"type\":\"string\"}; does not cover",
        "{\"oneOf\":[{\"type\":\"integer\"},{\"type\":\"number\"}]}; 0 and 1 of oneOf at # may overlap",
        "{\"oneOf\":[{\"type\":\"object\"},{\"type\":\"object\",\"properties\":{\"a\":{}},\"required\":[\"a\"]}]}; may overlap",
        "{\"oneOf\":[{\"minLength\":1},{\"type\":\"null\"}]}; may overlap",
        "{\"enum\":[1],\"minimum\":0}; \"minimum\" at # is not supported beside \"enum\"",
        "{\"type\":\"string\",\"pattern\":\"a\",\"minLength\":1}; beside \"pattern\"",
        "{\"type\":\"string\",\"pattern\":\"a\",\"format\":\"date\"}; beside \"pattern\"",
        "{\"type\":\"string\",\"format\":\"iri\"}; format \"iri\" at # is not supported; expected one of date,",
        "{\"type\":\"string\",\"pattern\":\"(?=a)b\"}; look-ahead",
        "{\"type\":\"integer\",\"multipleOf\":7}; \"multipleOf\" at # is supported for whole steps between",
        "{\"type\":\"number\",\"multipleOf\":0.1,\"minimum\":0,\"maximum\":1}; \"multipleOf\" at #",
        "{\"type\":\"number\",\"minimum\":1e300}; expected at most 1000000000000000 from zero",
        "{\"type\":\"number\",\"minimum\":1e999999999}; minimum at #",
        "{\"type\":\"number\",\"maximum\":0.000000000001}; at most 10 decimals",
        "{\"type\":\"object\",\"additionalProperties\":{},\"minProperties\":2}; minProperties is 2",
        "{\"required\":[\"a\"],\"additionalProperties\":false}; requires \"a\"",
        "{\"items\":[{}]}; use prefixItems",
        "{\"type\":\"text\"}; type is one of string,",
        "{\"type\":[]}; type is a name",
        "{\"minimum\":\"1\"}; minimum is a number",
        "{\"minimum\":0,\"exclusiveMinimum\":true}; exclusiveMinimum is a number",
        "{\"minItems\":-1}; minItems is a whole number",
        "{\"minItems\":1.5}; minItems is a whole number",
        "{\"enum\":[]}; enum is an array with at least one value",
        "{\"anyOf\":{}}; anyOf is an array",
        "{\"properties\":[]}; properties is an object",
        "{\"required\":[1]}; required is an array of names",
        "{\"properties\":{\"a\":3}}; at #/properties/a is malformed",
        "[]; at # is malformed",
        "{\"a\":1,\"a\":2}; Duplicate",
        "{\"type\":; is no JSON",
        "{} {}; is no JSON"
      })
  void whatCannotBeKeptToIsNamed(String schema, String message) {
    refuses(schema, message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "false",
        "{\"enum\":[\"a\"],\"type\":\"integer\"}",
        "{\"type\":\"integer\",\"minimum\":2,\"maximum\":1}",
        "{\"type\":\"integer\",\"exclusiveMinimum\":1,\"exclusiveMaximum\":2}",
        "{\"type\":\"number\",\"exclusiveMinimum\":1,\"maximum\":1}",
        "{\"type\":\"integer\",\"multipleOf\":10,\"minimum\":11,\"maximum\":19}",
        "{\"type\":\"string\",\"minLength\":2,\"maxLength\":1}",
        "{\"type\":\"array\",\"items\":false,\"minItems\":1}",
        "{\"type\":\"array\",\"minItems\":2,\"maxItems\":1}",
        "{\"properties\":{\"a\":false},\"required\":[\"a\"]}",
        "{\"required\":[\"a\",\"b\"],\"properties\":{\"a\":{},\"b\":{}},\"maxProperties\":1}",
        "{\"properties\":{\"a\":{}},\"additionalProperties\":false,\"minProperties\":2}",
        "{\"$ref\":\"#\"}",
        "{\"properties\":{\"a\":{\"$ref\":\"#\"}},\"required\":[\"a\"]}",
        "{\"type\":\"array\",\"items\":{\"$ref\":\"#\"},\"minItems\":1}"
      })
  void schemaThatAllowsNoValueIsRefused(String schema) {
    refuses(schema, "allows no value");
  }

  @Test
  void referenceToItselfIsRefused() {
    refuses(
        "{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"anyOf\":[{\"$ref\":\"#/$defs/a\"},{\"type\":\"null\"}]}}}",
        "leads back to itself");
  }

  @Test
  void halfASurrogatePairIsRefused() {
    refuses("{\"const\":\"\\ud800\"}", "a surrogate without its partner");
    refuses("{\"const\":\"" + (char) 0xDC00 + "\"}", "a surrogate without its partner");
  }

  @Test
  void hugeAndDeepSchemasAreRefused() {
    refuses("[".repeat(100_000), "is no JSON");
    refuses("{\"items\":".repeat(90) + "{}" + "}".repeat(90), "nests more than 64 schemas");
    refuses("{\"title\":\"" + "x".repeat(600_000) + "\"}", "expected at most 524288");
    refuses("{\"type\":\"string\",\"maxLength\":1000000}", "expected at most 10000");
    refuses("{\"type\":\"array\",\"minItems\":1000000}", "expected at most 10000");
    refuses("{\"type\":\"array\",\"minItems\":1e1000000000}", "minItems at #");
    StringBuilder many = new StringBuilder("{\"properties\":{");
    for (int i = 0; i < 3_000; i++) {
      many.append(i == 0 ? "" : ",").append("\"p").append(i).append("\":{}");
    }
    refuses(many.append("}}").toString(), "more than 2000 schemas");
    String copies = "{\"type\":\"string\",\"pattern\":\"^(" + "[a-z]{50}".repeat(300) + ")$\"}";
    refuses(copies, "spans more than 1000 characters");
  }

  private static void refuses(String schema, String message) {
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> GrammarCompiler.check(new JsonSchema(schema, true)))
        .withMessageStartingWith("response_format: ")
        .withMessageContaining(message)
        .satisfies(e -> assertThat(e.parameter()).isEqualTo("response_format"));
  }
}
