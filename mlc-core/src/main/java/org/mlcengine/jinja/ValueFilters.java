package org.mlcengine.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import org.mlcengine.jinja.Filters.Filter;

/** Filters of numbers, dicts and whatever else is one value. */
final class ValueFilters {
  private ValueFilters() {}

  static void addTo(Map<String, Filter> filters) {
    filters.put("default", ValueFilters::defaultTo);
    filters.put("d", ValueFilters::defaultTo);
    filters.put("int", ValueFilters::integer);
    filters.put("float", ValueFilters::real);
    filters.put("abs", ValueFilters::abs);
    filters.put("round", ValueFilters::round);
    filters.put("attr", ValueFilters::attribute);
    filters.put("items", ValueFilters::items);
    filters.put("length", ValueFilters::length);
    filters.put("count", ValueFilters::length);
  }

  private static Value defaultTo(Evaluator evaluator, Value value, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("default", "default_value", "boolean");
    boolean missing = value instanceof Value.Undefined || bound.flag(1) && !Values.truth(value);
    return missing ? bound.get(0, Value.EMPTY) : value;
  }

  private static Value integer(Evaluator evaluator, Value value, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("int", "default", "base");
    Value otherwise = bound.get(0, Value.of(0));
    int radix = bound.integer(1, 10);
    return switch (value) {
      case Value.Text text ->
          Numbers.parseInteger(text.text(), radix)
              .<Value>map(Value.Int::new)
              .or(() -> Numbers.parseReal(text.text()).flatMap(ValueFilters::truncated))
              .orElse(otherwise);
      case Value.Float number -> truncated(number.value()).orElse(otherwise);
      default -> Numbers.isInteger(value) ? new Value.Int(Numbers.integer(value)) : otherwise;
    };
  }

  private static Optional<Value> truncated(double value) {
    if (!Double.isFinite(value)) {
      return Optional.empty();
    }
    BigInteger integer = new BigDecimal(value).toBigInteger();
    return Optional.of(new Value.Int(integer));
  }

  private static Value real(Evaluator evaluator, Value value, Arguments arguments) {
    Value otherwise = arguments.bind("float", "default").get(0, new Value.Float(0));
    if (value instanceof Value.Text text) {
      return Numbers.parseReal(text.text()).<Value>map(Value.Float::new).orElse(otherwise);
    }
    return Numbers.isNumber(value) ? new Value.Float(Numbers.real(value)) : otherwise;
  }

  private static Value abs(Evaluator evaluator, Value value, Arguments arguments) {
    arguments.bind("abs");
    return value instanceof Value.Float number
        ? new Value.Float(Math.abs(number.value()))
        : new Value.Int(Numbers.integer(value).abs());
  }

  private static Value round(Evaluator evaluator, Value value, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("round", "precision", "method");
    int decimals = bound.integer(0, 0);
    String method = bound.text(1, "common");
    if (method.equals("common")) {
      return Numbers.round(value, decimals);
    }
    if (!method.equals("ceil") && !method.equals("floor")) {
      throw new TemplateError("round() expects the method common, ceil or floor");
    }
    double scale = Math.pow(10, decimals);
    double scaled = Numbers.real(value) * scale;
    return new Value.Float(
        (method.equals("ceil") ? Math.ceil(scaled) : Math.floor(scaled)) / scale);
  }

  private static Value attribute(Evaluator evaluator, Value value, Arguments arguments) {
    String name = arguments.bind("attr", "name").text(0);
    return value instanceof Value.Dict dict && dict.entries().containsKey(Value.of(name))
        ? Value.undefined("'dict object' has no attribute '" + name + "'")
        : Attributes.attribute(value, name);
  }

  private static Value items(Evaluator evaluator, Value value, Arguments arguments) {
    arguments.bind("items");
    return switch (value) {
      case Value.Undefined undefined -> evaluator.generator(Collections.emptyIterator());
      case Value.Dict dict -> evaluator.generator(CollectionMethods.items(dict).iterator());
      default -> throw new TemplateError("items() expects a dict, found " + Values.typeName(value));
    };
  }

  private static Value length(Evaluator evaluator, Value value, Arguments arguments) {
    arguments.bind("length");
    return Value.of(Values.length(value));
  }
}
