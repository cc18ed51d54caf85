package org.mlcengine.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

/** Schemas that are put together at random from what grammars support. */
final class RandomSchema {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final List<String> NAMES =
      List.of("name", "age", "größe", "名前", "a\"b", "x y", "back\\slash", "n\n", "na", "😀");
  private static final List<String> PATTERNS =
      List.of(
          "^[a-z]{2,5}$",
          "^\\d+(\\.\\d{2})?$",
          "^(yes|no|maybe)$",
          "^[^a-z\"]{1,4}$",
          "^a.c$",
          "^\\S+@\\S+$",
          "^(|x+)$",
          "^[\\w-]{1,8}(, [\\w-]{1,8}){0,3}$",
          "^é[à-ö]*\\/?$",
          "^\"q\"$");
  private static final List<String> FORMATS =
      List.of("date", "time", "date-time", "duration", "hostname", "ipv4", "ipv6", "uuid");

  private final Random random;
  private final ObjectNode defs = JSON.objectNode();

  private RandomSchema(Random random) {
    this.random = random;
  }

  /** A schema of which some value exists. */
  static JsonNode make(Random random) {
    RandomSchema maker = new RandomSchema(random);
    ObjectNode root = maker.schema(3);
    if (!maker.defs.isEmpty()) {
      root.set("$defs", maker.defs);
    }
    return root.put("title", "made at random");
  }

  private ObjectNode schema(int depth) {
    List<Supplier<ObjectNode>> leaves =
        List.of(
            this::text,
            this::integer,
            this::number,
            this::literal,
            this::simple,
            this::pattern,
            this::enumeration);
    if (depth == 0 || random.nextInt(4) == 0) {
      return leaves.get(random.nextInt(leaves.size())).get();
    }
    return switch (random.nextInt(7)) {
      case 0, 1, 2 -> object(depth);
      case 3 -> array(depth);
      case 4 -> tuple(depth);
      case 5 -> options(depth);
      default -> reference(depth);
    };
  }

  private ObjectNode text() {
    ObjectNode schema = typed("string");
    int min = random.nextInt(4);
    if (random.nextInt(3) == 0) {
      schema.put("minLength", min);
    }
    return random.nextInt(3) == 0 ? schema.put("maxLength", min + random.nextInt(9)) : schema;
  }

  private ObjectNode pattern() {
    ObjectNode schema = typed("string");
    return random.nextBoolean()
        ? schema.put("pattern", PATTERNS.get(random.nextInt(PATTERNS.size())))
        : schema.put("format", FORMATS.get(random.nextInt(FORMATS.size())));
  }

  private ObjectNode integer() {
    ObjectNode schema = typed("integer");
    long low = random.nextLong(-2_000, 2_000) * (random.nextInt(5) == 0 ? 1_000_003L : 1);
    long high = low + random.nextInt(1_500) + 30;
    if (random.nextInt(4) == 0) {
      return schema
          .put("minimum", low)
          .put("maximum", high)
          .put("multipleOf", 1 + random.nextInt(9));
    }
    if (random.nextBoolean()) {
      schema.put(random.nextBoolean() ? "minimum" : "exclusiveMinimum", low);
    }
    return random.nextBoolean()
        ? schema.put(random.nextBoolean() ? "maximum" : "exclusiveMaximum", high)
        : schema;
  }

  private ObjectNode number() {
    ObjectNode schema = typed("number");
    long thousandths = Math.round(random.nextGaussian() * 10_000);
    BigDecimal low = BigDecimal.valueOf(thousandths, 3);
    BigDecimal high = BigDecimal.valueOf(thousandths + 1 + random.nextInt(5_000), 3);
    if (random.nextBoolean()) {
      schema.put(random.nextBoolean() ? "minimum" : "exclusiveMinimum", low);
    }
    return random.nextBoolean()
        ? schema.put(random.nextBoolean() ? "maximum" : "exclusiveMaximum", high)
        : schema;
  }

  private ObjectNode simple() {
    return typed(List.of("boolean", "null", "string", "integer", "number").get(random.nextInt(5)));
  }

  private ObjectNode literal() {
    ObjectNode schema = JSON.objectNode();
    return switch (random.nextInt(5)) {
      case 0 -> schema.put("const", "a \"quoted\" \\ word\n");
      case 1 -> schema.put("const", random.nextInt());
      case 2 -> schema.put("const", random.nextDouble());
      case 3 -> schema.set("const", JSON.arrayNode().add(1).add("ü").addNull());
      default -> schema.set("const", JSON.objectNode().put("k", true));
    };
  }

  private ObjectNode enumeration() {
    ArrayNode values = JSON.arrayNode();
    for (int i = 0; i <= random.nextInt(6); i++) {
      values.add(NAMES.get(random.nextInt(NAMES.size())) + i).add(i);
    }
    ObjectNode schema = JSON.objectNode();
    schema.set("enum", values);
    return random.nextBoolean() ? schema.put("type", "string") : schema;
  }

  private ObjectNode object(int depth) {
    ObjectNode schema = typed("object");
    ObjectNode properties = schema.putObject("properties");
    ArrayNode required = JSON.arrayNode();
    int count = random.nextInt(5);
    for (int i = 0; i < count; i++) {
      String name = NAMES.get(random.nextInt(NAMES.size()));
      properties.set(name, schema(depth - 1));
    }
    properties.fieldNames().forEachRemaining(name -> addMaybe(required, name));
    schema.set("required", required);
    switch (random.nextInt(4)) {
      case 0 -> schema.put("additionalProperties", false);
      case 1 -> schema.set("additionalProperties", schema(depth - 1));
      default -> {}
    }
    if (random.nextInt(4) == 0) {
      schema.put("maxProperties", Math.max(1, required.size() + random.nextInt(3)));
    }
    boolean closed = schema.path("additionalProperties").isBoolean();
    if (random.nextInt(4) == 0 && closed && !properties.isEmpty()) {
      schema.remove("maxProperties");
      schema.put("minProperties", 1 + random.nextInt(properties.size()));
    }
    return schema;
  }

  private void addMaybe(ArrayNode names, String name) {
    if (random.nextBoolean()) {
      names.add(name);
    }
  }

  private ObjectNode array(int depth) {
    ObjectNode schema = typed("array");
    schema.set("items", schema(depth - 1));
    int min = random.nextInt(3);
    if (random.nextBoolean()) {
      schema.put("minItems", min);
    }
    return random.nextBoolean() ? schema.put("maxItems", min + random.nextInt(4)) : schema;
  }

  private ObjectNode tuple(int depth) {
    ObjectNode schema = typed("array");
    ArrayNode first = schema.putArray("prefixItems");
    int count = 1 + random.nextInt(3);
    for (int i = 0; i < count; i++) {
      first.add(schema(depth - 1));
    }
    switch (random.nextInt(3)) {
      case 0 -> schema.put("items", false);
      case 1 -> schema.set("items", schema(0));
      default -> {}
    }
    return schema;
  }

  private ObjectNode options(int depth) {
    ObjectNode schema = JSON.objectNode();
    if (random.nextInt(3) == 0) {
      schema.putArray("type").add("integer").add("string").add("null");
      return random.nextBoolean() ? schema.put("minimum", 7).put("maxLength", 5) : schema;
    }
    if (random.nextInt(3) == 0) {
      ArrayNode one = schema.putArray("oneOf");
      for (String kind : List.of("cat", "dog")) {
        ObjectNode option = one.addObject().put("type", "object");
        ObjectNode properties = option.putObject("properties");
        properties.putObject("kind").put("const", kind);
        properties.set("value", schema(depth - 1));
        option.putArray("required").add("kind");
      }
      return schema;
    }
    ArrayNode any = schema.putArray("anyOf");
    any.add(schema(depth - 1)).add(schema(0));
    return schema;
  }

  /** A list or a tree that refers to itself. */
  private ObjectNode reference(int depth) {
    String name = "node/" + defs.size();
    ObjectNode node = typed("object");
    defs.set(name, node);
    ObjectNode properties = node.putObject("properties");
    ObjectNode self = JSON.objectNode().put("$ref", "#/$defs/node~1" + (defs.size() - 1));
    properties.set("value", schema(depth - 1));
    if (random.nextBoolean()) {
      properties.putObject("next").putArray("anyOf").add(self).addObject().put("type", "null");
      node.putArray("required").add("value").add("next");
    } else {
      properties.putObject("children").put("type", "array").put("maxItems", 2).set("items", self);
    }
    return self.deepCopy();
  }

  private static ObjectNode typed(String type) {
    return JSON.objectNode().put("type", type);
  }
}
