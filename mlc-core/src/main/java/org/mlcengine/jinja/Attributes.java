package org.mlcengine.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Attributes, items and slices of values. */
final class Attributes {
  /** Python's methods that would change their object, which a template may not. */
  private static final Set<String> CHANGES_DICT =
      Set.of("clear", "pop", "popitem", "setdefault", "update");

  private static final Set<String> CHANGES_LIST =
      Set.of("append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove");

  private Attributes() {}

  /** Returns {@code value.name}: an attribute, or else the item of that name. */
  static Value attribute(Value value, String name) {
    if (value instanceof Value.Undefined undefined) {
      throw Values.undefined(undefined);
    }
    Optional<Value> attribute = ownAttribute(value, name);
    if (attribute.isEmpty() && value instanceof Value.Dict dict) {
      attribute = Optional.ofNullable(dict.entries().get(Value.of(name)));
    }
    return attribute.orElseGet(() -> missing(value, "attribute", "'" + name + "'"));
  }

  /** Returns {@code value[key]}: an item, or else the attribute of that name. */
  static Value item(Evaluator evaluator, Value value, Value key) {
    Optional<Value> item =
        switch (value) {
          case Value.Undefined undefined -> throw Values.undefined(undefined);
          case Value.Dict dict -> {
            evaluator.budget().charge(Value.size(key));
            boolean hashable = !(key instanceof Value.Dict) && !isList(key);
            yield hashable ? Optional.ofNullable(dict.entries().get(key)) : Optional.empty();
          }
          case Value.Items items when Numbers.isInteger(key) -> at(items.values(), key);
          case Value.View view when Numbers.isInteger(key) && view.name().equals("range") ->
              at(view.values(), key);
          case Value.Text text when Numbers.isInteger(key) ->
              character(evaluator, text.text(), key);
          default -> Optional.empty();
        };
    if (item.isEmpty() && key instanceof Value.Text name) {
      item = ownAttribute(value, name.text());
    }
    return item.orElseGet(() -> missing(value, "element", PythonText.repr(evaluator, key)));
  }

  private static boolean isList(Value value) {
    return value instanceof Value.Items items && !items.tuple();
  }

  private static Optional<Value> at(List<Value> values, Value key) {
    int index = Numbers.index(key);
    int position = index < 0 ? index + values.size() : index;
    return position >= 0 && position < values.size()
        ? Optional.of(values.get(position))
        : Optional.empty();
  }

  private static Optional<Value> character(Evaluator evaluator, String text, Value key) {
    evaluator.budget().chargeText(text.length());
    int length = Characters.length(text);
    int index = Numbers.index(key);
    int position = index < 0 ? index + length : index;
    if (position < 0 || position >= length) {
      return Optional.empty();
    }
    return Optional.of(
        Value.of(Character.toString(text.codePointAt(Characters.offset(text, position)))));
  }

  private static Optional<Value> ownAttribute(Value value, String name) {
    return switch (value) {
      case Value.Text text -> TextMethods.bind(text, name);
      case Value.Dict dict ->
          CHANGES_DICT.contains(name) ? refused(value, name) : CollectionMethods.bind(dict, name);
      case Value.Items items ->
          CHANGES_LIST.contains(name) && !items.tuple()
              ? refused(value, name)
              : CollectionMethods.bind(items, name);
      case Value.Namespace namespace -> Optional.ofNullable(namespace.attributes().get(name));
      case Loop loop -> loop.attribute(name);
      case Value.Function function when name.equals("name") ->
          Optional.of(Value.of(function.name()));
      default -> Optional.empty();
    };
  }

  private static Optional<Value> refused(Value value, String name) {
    return Optional.of(
        Value.undefined(
            "a template may not change values: '%s' of a %s is not available"
                .formatted(name, Values.typeName(value))));
  }

  private static Value.Undefined missing(Value value, String what, String name) {
    String type = value instanceof Value.None ? "None" : "'" + Values.typeName(value) + " object'";
    return Value.undefined("%s has no %s %s".formatted(type, what, name));
  }

  /** Returns what a slice of Python has; a bound of {@code None} is left out. */
  static Value slice(Evaluator evaluator, Value value, Value from, Value to, Value by) {
    int step = by instanceof Value.None ? 1 : Numbers.index(by);
    if (step == 0) {
      throw new TemplateError("the step of a slice cannot be 0");
    }
    evaluator.budget().charge(Value.cost(value));
    return switch (value) {
      case Value.Text text -> {
        if (step == 1) {
          int length = Characters.length(text.text());
          int start = bound(from, length, 0, 0, length);
          int stop = Math.max(start, bound(to, length, length, 0, length));
          yield Value.of(
              text.text()
                  .substring(
                      Characters.offset(text.text(), start), Characters.offset(text.text(), stop)));
        }
        List<Value> characters = slice(Characters.list(text.text()), from, to, step);
        yield Operators.join(evaluator, characters);
      }
      case Value.Items items ->
          new Value.Items(slice(items.values(), from, to, step), items.tuple());
      case Value.View view when view.name().equals("range") ->
          new Value.View(view.name(), slice(view.values(), from, to, step));
      case Value.Undefined undefined -> throw Values.undefined(undefined);
      default ->
          throw new TemplateError("'" + Values.typeName(value) + "' object cannot be sliced");
    };
  }

  private static List<Value> slice(List<Value> values, Value from, Value to, int step) {
    int length = values.size();
    boolean forward = step > 0;
    int lowest = forward ? 0 : -1;
    int highest = forward ? length : length - 1;
    int start = bound(from, length, forward ? 0 : highest, lowest, highest);
    int stop = bound(to, length, forward ? length : -1, lowest, highest);
    List<Value> slice = new ArrayList<>();
    for (long i = start; forward ? i < stop : i > stop; i += step) {
      slice.add(values.get((int) i));
    }
    return Collections.unmodifiableList(slice);
  }

  private static int bound(Value value, int length, int otherwise, int lowest, int highest) {
    if (value instanceof Value.None) {
      return otherwise;
    }
    int index = Numbers.index(value);
    return Math.clamp(index < 0 ? (long) index + length : index, lowest, Math.max(lowest, highest));
  }
}
