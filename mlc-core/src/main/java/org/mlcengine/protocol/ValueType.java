package org.mlcengine.protocol;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.InvalidReplyException;

/** A Java type that has a JSON Schema, and the reader of its values. */
sealed interface ValueType
    permits ValueType.Scalar,
        ValueType.Constants,
        ValueType.Items,
        ValueType.Entries,
        ValueType.Maybe,
        RecordType {
  /** Returns the schema; records are referred to. */
  ObjectNode schema();

  /**
   * Reads a value.
   *
   * @throws InvalidReplyException if the JSON is no value of the type
   */
  @Nullable Object read(String path, JsonNode json);

  /** Returns whether a value can be complete, given the records of which this is known. */
  boolean canEnd(Set<RecordType> known);

  static InvalidReplyException wrong(String path, String expected, JsonNode found) {
    return new InvalidReplyException(
        "%s: expected %s, found %s"
            .formatted(
                path.isEmpty() ? "The reply" : path,
                expected,
                found.isMissingNode() ? "nothing" : Fields.shown(found)));
  }

  /** A string, a number or a boolean. */
  record Scalar(
      String type, String format, String expected, Function<JsonNode, @Nullable Object> reader)
      implements ValueType {
    @Override
    public ObjectNode schema() {
      ObjectNode schema = JsonNodeFactory.instance.objectNode().put("type", type);
      return format.isEmpty() ? schema : schema.put("format", format);
    }

    @Override
    public Object read(String path, JsonNode json) {
      Object value = reader.apply(json);
      if (value == null) {
        throw wrong(path, expected, json);
      }
      return value;
    }

    @Override
    public boolean canEnd(Set<RecordType> known) {
      return true;
    }
  }

  /** An enum. */
  record Constants(Map<String, Object> values) implements ValueType {
    @Override
    public ObjectNode schema() {
      ObjectNode schema = JsonNodeFactory.instance.objectNode().put("type", "string");
      ArrayNode names = schema.putArray("enum");
      values.keySet().forEach(names::add);
      return schema;
    }

    @Override
    public Object read(String path, JsonNode json) {
      Object value = json.isTextual() ? values.get(json.textValue()) : null;
      if (value == null) {
        throw wrong(path, "one of " + String.join(", ", values.keySet()), json);
      }
      return value;
    }

    @Override
    public boolean canEnd(Set<RecordType> known) {
      return true;
    }
  }

  /** A list, a set or an array. */
  record Items(ValueType item, Function<List<@Nullable Object>, Object> collector)
      implements ValueType {
    static Object set(List<@Nullable Object> values) {
      return Collections.unmodifiableSet(new LinkedHashSet<>(values));
    }

    static Object array(Class<?> type, List<@Nullable Object> values) {
      Object array = Array.newInstance(type, values.size());
      IntStream.range(0, values.size()).forEach(i -> Array.set(array, i, values.get(i)));
      return array;
    }

    @Override
    public ObjectNode schema() {
      ObjectNode schema = JsonNodeFactory.instance.objectNode().put("type", "array");
      schema.set("items", item.schema());
      return schema;
    }

    @Override
    public Object read(String path, JsonNode json) {
      if (!json.isArray()) {
        throw wrong(path, "a list", json);
      }
      List<@Nullable Object> values = new ArrayList<>(json.size());
      for (JsonNode value : json) {
        values.add(item.read(path + "[" + values.size() + "]", value));
      }
      return collector.apply(Collections.unmodifiableList(values));
    }

    @Override
    public boolean canEnd(Set<RecordType> known) {
      return true;
    }
  }

  /** A map with string keys. */
  record Entries(ValueType value) implements ValueType {
    @Override
    public ObjectNode schema() {
      ObjectNode schema = JsonNodeFactory.instance.objectNode().put("type", "object");
      schema.set("additionalProperties", value.schema());
      return schema;
    }

    @Override
    public Object read(String path, JsonNode json) {
      if (!json.isObject()) {
        throw wrong(path, "an object", json);
      }
      Map<String, @Nullable Object> entries = new LinkedHashMap<>();
      json.fields()
          .forEachRemaining(
              e -> entries.put(e.getKey(), value.read(path + "." + e.getKey(), e.getValue())));
      return Collections.unmodifiableMap(entries);
    }

    @Override
    public boolean canEnd(Set<RecordType> known) {
      return true;
    }
  }

  /** A value or null. */
  record Maybe(ValueType value, Function<Object, Object> present, @Nullable Object absent)
      implements ValueType {
    @Override
    public ObjectNode schema() {
      ObjectNode schema = JsonNodeFactory.instance.objectNode();
      schema.putArray("anyOf").add(value.schema()).addObject().put("type", "null");
      return schema;
    }

    @Override
    public @Nullable Object read(String path, JsonNode json) {
      return json.isNull() ? absent : present.apply(Objects.requireNonNull(value.read(path, json)));
    }

    @Override
    public boolean canEnd(Set<RecordType> known) {
      return true;
    }
  }
}
