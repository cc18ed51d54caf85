package org.mlcengine.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Python's methods of {@code list}, {@code tuple} and {@code dict} that change nothing. */
final class CollectionMethods {
  private CollectionMethods() {}

  static Optional<Value> bind(Value.Items self, String name) {
    Value.@Nullable Body body =
        switch (name) {
          case "count" -> (evaluator, arguments) -> count(evaluator, self, arguments);
          case "index" -> (evaluator, arguments) -> index(evaluator, self, arguments);
          case "copy" -> self.tuple() ? null : (evaluator, arguments) -> copy(self, arguments);
          default -> null;
        };
    return Optional.ofNullable(body).map(method -> new Value.Function(name, method));
  }

  private static Value copy(Value self, Arguments arguments) {
    arguments.bind("copy");
    return self;
  }

  private static Value count(Evaluator evaluator, Value.Items self, Arguments arguments) {
    Value sought = arguments.bind("count", "value").get(0);
    int count = 0;
    for (Value value : self.values()) {
      count += Operators.equal(evaluator, value, sought) ? 1 : 0;
    }
    return Value.of(count);
  }

  private static Value index(Evaluator evaluator, Value.Items self, Arguments arguments) {
    Value sought = arguments.bind("index", "value").get(0);
    for (int i = 0; i < self.values().size(); i++) {
      if (Operators.equal(evaluator, self.values().get(i), sought)) {
        return Value.of(i);
      }
    }
    throw new TemplateError("index() did not find the value in the list");
  }

  static Optional<Value> bind(Value.Dict self, String name) {
    Value.@Nullable Body body =
        switch (name) {
          case "get" -> (evaluator, arguments) -> get(evaluator, self, arguments);
          case "items", "keys", "values" ->
              (evaluator, arguments) -> {
                arguments.bind(name);
                evaluator.budget().charge(self.entries().size());
                return view(self, name);
              };
          case "copy" -> (evaluator, arguments) -> copy(self, arguments);
          case "fromkeys" -> CollectionMethods::fromKeys;
          default -> null;
        };
    return Optional.ofNullable(body).map(method -> new Value.Function(name, method));
  }

  private static Value get(Evaluator evaluator, Value.Dict self, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("get", "key", "default");
    return self.entries()
        .getOrDefault(Values.requireKey(evaluator, bound.get(0)), bound.get(1, Value.NONE));
  }

  private static Value fromKeys(Evaluator evaluator, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("fromkeys", "iterable", "value");
    LinkedHashMap<Value, Value> entries = new LinkedHashMap<>();
    for (Value key : Values.list(evaluator, bound.get(0))) {
      entries.put(Values.requireKey(evaluator, key), bound.get(1, Value.NONE));
    }
    return new Value.Dict(entries);
  }

  private static Value view(Value.Dict self, String name) {
    List<Value> values =
        switch (name) {
          case "items" -> items(self);
          case "keys" -> new ArrayList<>(self.entries().keySet());
          default -> new ArrayList<>(self.entries().values());
        };
    return new Value.View("dict_" + name, values);
  }

  /** Returns a pair of each key and its value. */
  static List<Value> items(Value.Dict self) {
    List<Value> items = new ArrayList<>();
    self.entries().forEach((key, value) -> items.add(Value.tuple(key, value)));
    return items;
  }
}
