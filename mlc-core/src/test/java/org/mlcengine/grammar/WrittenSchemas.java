package org.mlcengine.grammar;

import java.util.List;

/** Schemas written by hand, one for each construct that grammars support and for its edges. */
final class WrittenSchemas {
  static final List<String> ALL =
      List.of(
          "true",
          "{}",
          "{\"type\":\"object\"}",
          "{\"type\":\"array\"}",
          "{\"type\":[\"string\",\"null\"]}",
          "{\"type\":[\"array\",\"object\"]}",
          "{\"type\":\"string\",\"minLength\":3}",
          "{\"type\":\"string\",\"maxLength\":0}",
          "{\"type\":\"string\",\"maxLength\":1000}",
          "{\"type\":\"string\",\"minLength\":130,\"maxLength\":140}",
          "{\"type\":\"string\",\"minLength\":200}",
          "{\"type\":\"string\",\"minLength\":70,\"maxLength\":400}",
          "{\"minLength\":2,\"maxLength\":2}",
          "{\"enum\":[\"a\",1,null,true,[1,{\"b\":[]}],\"\\u0000\\u001f/\\\"\"]}",
          "{\"enum\":[\"a\",1,2.50,null],\"type\":[\"integer\",\"null\"]}",
          "{\"const\":1e2,\"type\":\"integer\"}",
          "{\"const\":12345678901234567890.123456789}",
          "{\"type\":\"integer\",\"minimum\":-9,\"maximum\":-9}",
          "{\"type\":\"integer\",\"minimum\":0.5,\"exclusiveMaximum\":2}",
          "{\"type\":\"integer\",\"minimum\":999999999999999}",
          "{\"type\":\"integer\",\"exclusiveMinimum\":-100,\"maximum\":1000}",
          "{\"type\":\"integer\",\"minimum\":95,\"maximum\":10432}",
          "{\"type\":\"integer\",\"multipleOf\":1}",
          "{\"type\":\"integer\",\"multipleOf\":7,\"minimum\":-50,\"maximum\":50}",
          "{\"type\":\"number\",\"multipleOf\":5,\"minimum\":1,\"maximum\":9}",
          "{\"type\":\"number\",\"minimum\":0,\"maximum\":1}",
          "{\"type\":\"number\",\"exclusiveMinimum\":0,\"exclusiveMaximum\":1}",
          "{\"type\":\"number\",\"exclusiveMinimum\":-0.25,\"maximum\":0}",
          "{\"type\":\"number\",\"minimum\":3.14159,\"maximum\":3.1416}",
          "{\"type\":\"number\",\"minimum\":-12.75,\"exclusiveMaximum\":101.001}",
          "{\"type\":\"number\",\"exclusiveMinimum\":5}",
          "{\"maximum\":-1000000}",
          "{\"type\":\"object\",\"properties\":{\"a\":{},\"b\":{},\"c\":{}},\"required\":[\"c\"]}",
          "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"null\"}},"
              + "\"required\":[\"a\",\"undeclared\"],\"additionalProperties\":{\"type\":\"boolean\"}}",
          "{\"type\":\"object\",\"properties\":{\"abc\":{\"const\":1},\"ab\":{\"const\":2}},"
              + "\"additionalProperties\":{\"const\":3}}",
          "{\"type\":\"object\",\"properties\":{\"\":{\"const\":1},\"é\":{\"const\":2}},"
              + "\"additionalProperties\":{\"type\":\"string\"}}",
          "{\"additionalProperties\":{\"type\":\"integer\"},\"maxProperties\":2,\"minProperties\":1}",
          "{\"type\":\"object\",\"maxProperties\":0}",
          "{\"properties\":{\"a\":{\"const\":1},\"b\":{\"const\":2},\"c\":{\"const\":3},"
              + "\"d\":{\"const\":4}},\"required\":[\"c\"],\"minProperties\":2,\"maxProperties\":3,"
              + "\"additionalProperties\":false}",
          "{\"properties\":{\"never\":false,\"a\":{\"type\":\"null\"}}}",
          "{\"type\":\"array\",\"items\":{\"type\":\"integer\"},\"minItems\":2,\"maxItems\":2}",
          "{\"type\":\"array\",\"items\":false}",
          "{\"type\":\"array\",\"maxItems\":0}",
          "{\"prefixItems\":[{\"const\":\"a\"},{\"type\":\"boolean\"}],\"items\":false}",
          "{\"prefixItems\":[{\"const\":1},{\"const\":2},{\"const\":3}],\"maxItems\":2}",
          "{\"prefixItems\":[{\"const\":1},false]}",
          "{\"type\":\"array\",\"prefixItems\":[{\"const\":1}],\"items\":{\"const\":0},\"minItems\":4}",
          "{\"anyOf\":[{\"type\":\"string\",\"maxLength\":3},{\"type\":\"integer\",\"minimum\":5},false]}",
          "{\"type\":\"string\",\"anyOf\":[{\"type\":\"string\",\"pattern\":\"^a+$\"},{\"const\":\"b\"}]}",
          "{\"oneOf\":[{\"type\":\"string\"},{\"type\":\"number\"},{\"type\":\"null\"}]}",
          "{\"oneOf\":[{\"const\":1},{\"enum\":[2,3]},{\"type\":\"array\"}]}",
          "{\"oneOf\":[{\"$ref\":\"#/$defs/a\"},{\"$ref\":\"#/$defs/b\"}],\"$defs\":{"
              + "\"a\":{\"type\":\"object\",\"properties\":{\"t\":{\"const\":\"a\"},\"x\":{\"type\":\"integer\"}},\"required\":[\"t\"]},"
              + "\"b\":{\"type\":\"object\",\"properties\":{\"t\":{\"const\":\"b\"}},\"required\":[\"t\"]}}}",
          "{\"allOf\":[{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"null\"}},\"required\":[\"a\"]}]}",
          "{\"properties\":{\"self\":{\"$ref\":\"#\"},\"v\":{\"type\":\"boolean\"}},\"required\":[\"v\"]}",
          "{\"$ref\":\"#/$defs/list\",\"$defs\":{\"list\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/list\"},\"maxItems\":2}}}",
          "{\"properties\":{\"a\":{\"$ref\":\"#/$defs/x%20y~1z\"},\"b\":{\"$ref\":\"#/properties/c/anyOf/1\"},"
              + "\"c\":{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"boolean\"}]}},\"required\":[\"a\",\"b\"],"
              + "\"$defs\":{\"x y/z\":{\"const\":\"found\"}}}",
          "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/$defs/endless\"},\"b\":{\"type\":\"null\"}},"
              + "\"$defs\":{\"endless\":{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/$defs/endless\"}},\"required\":[\"a\"]}}}",
          "{\"type\":\"string\",\"pattern\":\"^[A-Z][a-z]+(?: [A-Z][a-z]+)*$\"}",
          "{\"type\":\"string\",\"pattern\":\"^(?<year>\\\\d{4})-\\\\d\\\\d?$\"}",
          "{\"type\":\"string\",\"pattern\":\"^[\\\\s\\\\S]{1,6}$\"}",
          "{\"type\":\"string\",\"pattern\":\"^[^\\\\x00-\\\\x7f]{3}$\"}",
          "{\"type\":\"string\",\"pattern\":\"^(\\\\u00e9|\\\\\\\\|\\\\t)$\"}",
          "{\"type\":\"string\",\"pattern\":\"unanchored?\"}",
          "{\"type\":\"string\",\"format\":\"date\"}",
          "{\"type\":\"string\",\"format\":\"date-time\"}",
          "{\"type\":\"string\",\"format\":\"time\"}",
          "{\"type\":\"string\",\"format\":\"duration\"}",
          "{\"type\":\"string\",\"format\":\"hostname\"}",
          "{\"type\":\"string\",\"format\":\"ipv4\"}",
          "{\"type\":\"string\",\"format\":\"ipv6\"}",
          "{\"type\":\"string\",\"format\":\"uuid\"}");

  private WrittenSchemas() {}
}
