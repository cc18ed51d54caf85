package org.mlcengine.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.mlcengine.jinja.Filters.Filter;

/** Filters of lists and other values that hold values. */
final class SequenceFilters {
  private static final int MAX_COLUMNS = 100_000;

  private SequenceFilters() {}

  static void addTo(Map<String, Filter> filters) {
    filters.put("list", (e, v, a) -> Value.list(Values.list(e, v)));
    filters.put("first", SequenceFilters::first);
    filters.put("last", SequenceFilters::last);
    filters.put("reverse", SequenceFilters::reverse);
    filters.put("sort", SequenceFilters::sort);
    filters.put("unique", SequenceFilters::unique);
    filters.put("min", (e, v, a) -> extreme("min", e, v, a));
    filters.put("max", (e, v, a) -> extreme("max", e, v, a));
    filters.put("sum", SequenceFilters::sum);
    filters.put("dictsort", SequenceFilters::sortDict);
    filters.put("groupby", SequenceFilters::groupBy);
    filters.put("batch", SequenceFilters::batch);
    filters.put("slice", SequenceFilters::slice);
  }

  private static Value first(Evaluator evaluator, Value value, Arguments arguments) {
    arguments.bind("first");
    Iterator<Value> values = Values.iterate(value);
    return values.hasNext() ? values.next() : Value.undefined("there is no first item");
  }

  private static Value last(Evaluator evaluator, Value value, Arguments arguments) {
    arguments.bind("last");
    if (value instanceof Generator) {
      throw new TemplateError("last() expects a list, found a generator; use list first");
    }
    List<Value> values = Values.list(evaluator, value);
    return values.isEmpty() ? Value.undefined("there is no last item") : values.getLast();
  }

  private static Value reverse(Evaluator evaluator, Value value, Arguments arguments) {
    arguments.bind("reverse");
    if (value instanceof Value.Text text) {
      return Operators.join(evaluator, Characters.list(text.text()).reversed());
    }
    return evaluator.generator(Values.list(evaluator, value).reversed().iterator());
  }

  /** Returns what a value is ordered by: by default the case of texts does not matter. */
  private static Value folded(Value value, boolean caseSensitive) {
    return !caseSensitive && value instanceof Value.Text text
        ? Value.of(Characters.lower(text.text()))
        : value;
  }

  private static Function<Value, Value> key(
      Evaluator evaluator, Optional<Value> attribute, boolean caseSensitive) {
    return value ->
        folded(
            attribute.isPresent() ? Paths.get(evaluator, value, attribute.get()) : value,
            caseSensitive);
  }

  private static Function<Value, Value> keys(
      Evaluator evaluator, Optional<Value> attribute, boolean caseSensitive) {
    if (attribute.isEmpty() || !(attribute.get() instanceof Value.Text text)) {
      return key(evaluator, attribute, caseSensitive);
    }
    List<Function<Value, Value>> keys = new ArrayList<>();
    for (String name : text.text().split(",", -1)) {
      keys.add(key(evaluator, Optional.of(Value.of(name)), caseSensitive));
    }
    return value -> {
      List<Value> parts = new ArrayList<>();
      keys.forEach(key -> parts.add(key.apply(value)));
      return Value.list(parts);
    };
  }

  private record Keyed(Value key, Value value) {}

  private static List<Value> sorted(
      Evaluator evaluator, List<Value> values, Function<Value, Value> key, boolean descending) {
    List<Keyed> keyed = new ArrayList<>();
    values.forEach(value -> keyed.add(new Keyed(key.apply(value), value)));
    if (descending) {
      Collections.reverse(keyed);
    }
    Operators.sort(evaluator, keyed, Keyed::key);
    if (descending) {
      Collections.reverse(keyed);
    }
    List<Value> sorted = new ArrayList<>();
    keyed.forEach(item -> sorted.add(item.value()));
    return sorted;
  }

  private static Value sort(Evaluator evaluator, Value value, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("sort", "reverse", "case_sensitive", "attribute");
    Function<Value, Value> key = keys(evaluator, bound.some(2), bound.flag(1));
    return Value.list(sorted(evaluator, Values.list(evaluator, value), key, bound.flag(0)));
  }

  private static Value unique(Evaluator evaluator, Value value, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("unique", "case_sensitive", "attribute");
    Function<Value, Value> key = key(evaluator, bound.some(1), bound.flag(0));
    Set<Value> seen = new HashSet<>();
    List<Value> kept = new ArrayList<>();
    for (Value item : Values.list(evaluator, value)) {
      if (seen.add(Values.requireKey(evaluator, key.apply(item)))) {
        kept.add(item);
      }
    }
    return evaluator.generator(kept.iterator());
  }

  private static Value extreme(String name, Evaluator evaluator, Value value, Arguments arguments) {
    Arguments.Bound bound = arguments.bind(name, "case_sensitive", "attribute");
    Function<Value, Value> key = key(evaluator, bound.some(1), bound.flag(0));
    int sign = name.equals("min") ? 1 : -1;
    Value best = Value.undefined("there is no item of which to take the " + name);
    for (Value item : Values.list(evaluator, value)) {
      if (best instanceof Value.Undefined
          || sign * Operators.order(evaluator, "<", key.apply(item), key.apply(best)) < 0) {
        best = item;
      }
    }
    return best;
  }

  private static Value sum(Evaluator evaluator, Value value, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("sum", "attribute", "start");
    Value sum = bound.get(1, Value.of(0));
    if (sum instanceof Value.Text) {
      throw new TemplateError("sum() does not join texts; use join");
    }
    for (Value item : Values.list(evaluator, value)) {
      Value term = bound.some(0).isPresent() ? Paths.get(evaluator, item, bound.get(0)) : item;
      sum = Operators.binary(evaluator, "+", sum, term);
    }
    return sum;
  }

  private static Value sortDict(Evaluator evaluator, Value value, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("dictsort", "case_sensitive", "by", "reverse");
    String by = bound.text(1, "key");
    if (!by.equals("key") && !by.equals("value")) {
      throw new TemplateError("dictsort() sorts by key or value, found '" + by + "'");
    }
    if (!(value instanceof Value.Dict dict)) {
      throw new TemplateError("dictsort() expects a dict, found " + Values.typeName(value));
    }
    Optional<Value> position = Optional.of(Value.of(by.equals("key") ? 0 : 1));
    Function<Value, Value> key = key(evaluator, position, bound.flag(0));
    return Value.list(sorted(evaluator, CollectionMethods.items(dict), key, bound.flag(2)));
  }

  private static Value groupBy(Evaluator evaluator, Value value, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("groupby", "attribute", "default", "case_sensitive");
    Function<Value, Value> exact = item -> Paths.get(evaluator, item, bound.get(0), bound.some(1));
    Function<Value, Value> key = item -> folded(exact.apply(item), bound.flag(2));
    List<Value> groups = new ArrayList<>();
    List<Value> group = new ArrayList<>();
    for (Value item : sorted(evaluator, Values.list(evaluator, value), key, false)) {
      if (!group.isEmpty()
          && !Operators.equal(evaluator, key.apply(group.getFirst()), key.apply(item))) {
        groups.add(Value.tuple(exact.apply(group.getFirst()), Value.list(group)));
        group = new ArrayList<>();
      }
      group.add(item);
    }
    if (!group.isEmpty()) {
      groups.add(Value.tuple(exact.apply(group.getFirst()), Value.list(group)));
    }
    return Value.list(groups);
  }

  private static Value batch(Evaluator evaluator, Value value, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("batch", "linecount", "fill_with");
    int size = requireColumns("batch", bound.integer(0));
    List<Value> batches = new ArrayList<>();
    List<Value> batch = new ArrayList<>();
    for (Value item : Values.list(evaluator, value)) {
      if (batch.size() == size) {
        batches.add(Value.list(batch));
        batch = new ArrayList<>();
      }
      batch.add(item);
    }
    while (!batch.isEmpty() && bound.some(1).isPresent() && batch.size() < size) {
      batch.add(bound.get(1));
    }
    if (!batch.isEmpty()) {
      batches.add(Value.list(batch));
    }
    return evaluator.generator(batches.iterator());
  }

  private static Value slice(Evaluator evaluator, Value value, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("slice", "slices", "fill_with");
    int slices = requireColumns("slice", bound.integer(0));
    List<Value> values = Values.list(evaluator, value);
    int each = values.size() / slices;
    int longer = values.size() % slices;
    List<Value> result = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < slices; i++) {
      int end = start + each + (i < longer ? 1 : 0);
      List<Value> slice = new ArrayList<>(values.subList(start, end));
      if (bound.some(1).isPresent() && i >= longer) {
        slice.add(bound.get(1));
      }
      evaluator.budget().charge(1);
      result.add(Value.list(slice));
      start = end;
    }
    return evaluator.generator(result.iterator());
  }

  private static int requireColumns(String filter, int columns) {
    if (columns < 1 || columns > MAX_COLUMNS) {
      throw new TemplateError(
          "%s() expects a number from 1 to %d, found %d".formatted(filter, MAX_COLUMNS, columns));
    }
    return columns;
  }
}
