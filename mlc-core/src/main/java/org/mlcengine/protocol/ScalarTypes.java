package org.mlcengine.protocol;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Java types that are strings, numbers and booleans in JSON. */
final class ScalarTypes {
  private static final ValueType INT = integer("of 32 bits", ScalarTypes::toInt);
  private static final ValueType LONG = integer("of 64 bits", ScalarTypes::toLong);
  private static final ValueType DOUBLE = number(ScalarTypes::toDouble);
  private static final Map<Class<?>, ValueType> TYPES = types();

  private ScalarTypes() {}

  static Optional<ValueType> of(Class<?> type) {
    return Optional.ofNullable(TYPES.get(type));
  }

  private static Map<Class<?>, ValueType> types() {
    Map<Class<?>, ValueType> types = new HashMap<>();
    types.put(String.class, string("", "a string", text -> text));
    types.put(LocalDate.class, string("date", "a date, as 2000-12-31", LocalDate::parse));
    types.put(
        Instant.class, string("date-time", "a time, as 2000-12-31T23:59:59Z", Instant::parse));
    types.put(
        OffsetDateTime.class,
        string("date-time", "a time, as 2000-12-31T23:59:59+01:00", OffsetDateTime::parse));
    types.put(UUID.class, string("uuid", "a UUID of 36 characters", ScalarTypes::toUuid));
    both(types, boolean.class, Boolean.class, bool());
    both(types, byte.class, Byte.class, integer("of 8 bits", ScalarTypes::toByte));
    both(types, short.class, Short.class, integer("of 16 bits", ScalarTypes::toShort));
    both(types, int.class, Integer.class, INT);
    both(types, long.class, Long.class, LONG);
    both(types, float.class, Float.class, number(ScalarTypes::toFloat));
    both(types, double.class, Double.class, DOUBLE);
    types.put(
        BigInteger.class, integer("", v -> v.isIntegralNumber() ? v.bigIntegerValue() : null));
    types.put(BigDecimal.class, number(v -> v.isNumber() ? v.decimalValue() : null));
    types.put(
        OptionalInt.class,
        new ValueType.Maybe(INT, v -> OptionalInt.of((Integer) v), OptionalInt.empty()));
    types.put(
        OptionalLong.class,
        new ValueType.Maybe(LONG, v -> OptionalLong.of((Long) v), OptionalLong.empty()));
    types.put(
        OptionalDouble.class,
        new ValueType.Maybe(DOUBLE, v -> OptionalDouble.of((Double) v), OptionalDouble.empty()));
    return types;
  }

  private static void both(
      Map<Class<?>, ValueType> types, Class<?> primitive, Class<?> boxed, ValueType type) {
    types.put(primitive, type);
    types.put(boxed, type);
  }

  private static ValueType bool() {
    return new ValueType.Scalar(
        "boolean", "", "true or false", v -> v.isBoolean() ? v.booleanValue() : null);
  }

  private static ValueType integer(String size, Function<JsonNode, @Nullable Object> reader) {
    return new ValueType.Scalar("integer", "", ("an integer " + size).strip(), reader);
  }

  private static ValueType number(Function<JsonNode, @Nullable Object> reader) {
    return new ValueType.Scalar("number", "", "a number within the type's range", reader);
  }

  private static ValueType string(String format, String expected, Function<String, Object> parser) {
    return new ValueType.Scalar(
        "string",
        format,
        expected,
        json -> {
          if (!json.isTextual()) {
            return null;
          }
          try {
            return parser.apply(json.textValue());
          } catch (DateTimeException | IllegalArgumentException e) {
            return null;
          }
        });
  }

  private static @Nullable Object toInt(JsonNode json) {
    return json.isIntegralNumber() && json.canConvertToInt() ? json.intValue() : null;
  }

  private static @Nullable Object toLong(JsonNode json) {
    return json.isIntegralNumber() && json.canConvertToLong() ? json.longValue() : null;
  }

  private static @Nullable Object toShort(JsonNode json) {
    return toInt(json) instanceof Integer v && v == v.shortValue() ? v.shortValue() : null;
  }

  private static @Nullable Object toByte(JsonNode json) {
    return toInt(json) instanceof Integer v && v == v.byteValue() ? v.byteValue() : null;
  }

  private static @Nullable Object toDouble(JsonNode json) {
    return json.isNumber() && Double.isFinite(json.doubleValue()) ? json.doubleValue() : null;
  }

  private static @Nullable Object toFloat(JsonNode json) {
    return json.isNumber() && Float.isFinite(json.floatValue()) ? json.floatValue() : null;
  }

  private static UUID toUuid(String text) {
    UUID value = UUID.fromString(text);
    if (text.length() != 36) {
      throw new IllegalArgumentException(text);
    }
    return value;
  }
}
