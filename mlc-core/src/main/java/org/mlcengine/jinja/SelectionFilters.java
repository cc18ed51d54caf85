package org.mlcengine.jinja;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.Predicate;
import org.mlcengine.jinja.Filters.Filter;

/** Filters that put each value through another filter or a test, when its turn comes. */
final class SelectionFilters {
  private SelectionFilters() {}

  static void addTo(Map<String, Filter> filters) {
    filters.put("map", SelectionFilters::map);
    filters.put("select", (e, v, a) -> select("select", e, v, a));
    filters.put("reject", (e, v, a) -> select("reject", e, v, a));
    filters.put("selectattr", (e, v, a) -> select("selectattr", e, v, a));
    filters.put("rejectattr", (e, v, a) -> select("rejectattr", e, v, a));
  }

  private static Value map(Evaluator evaluator, Value value, Arguments arguments) {
    Iterator<Value> values = Values.iterateIfTrue(value);
    if (arguments.positional().isEmpty() && arguments.named().containsKey("attribute")) {
      Map<String, Value> named = new LinkedHashMap<>(arguments.named());
      Arguments.Bound bound =
          new Arguments(arguments.positional(), named).bind("map", "attribute", "default");
      return evaluator.generator(
          new Mapped(values, item -> Paths.get(evaluator, item, bound.get(0), bound.some(1))));
    }
    if (arguments.positional().isEmpty()) {
      throw new TemplateError("map() needs the name of a filter, or attribute=");
    }
    String name = Values.text("map", arguments.positional().getFirst());
    Filters.get(name);
    Arguments rest = arguments.from(1);
    return evaluator.generator(new Mapped(values, item -> evaluator.filter(name, item, rest)));
  }

  private static Value select(
      String filter, Evaluator evaluator, Value value, Arguments arguments) {
    boolean byAttribute = filter.endsWith("attr");
    if (byAttribute && arguments.positional().isEmpty()) {
      throw new TemplateError(filter + "() needs the name of an attribute");
    }
    Optional<Value> path =
        byAttribute ? Optional.of(arguments.positional().getFirst()) : Optional.empty();
    Arguments rest = byAttribute ? arguments.from(1) : arguments;
    boolean wanted = filter.startsWith("select");
    Predicate<Value> test = test(filter, evaluator, rest);
    Predicate<Value> kept =
        item ->
            test.test(path.isPresent() ? Paths.get(evaluator, item, path.get()) : item) == wanted;
    return evaluator.generator(new Kept(Values.iterateIfTrue(value), kept));
  }

  private static Predicate<Value> test(String filter, Evaluator evaluator, Arguments arguments) {
    if (arguments.positional().isEmpty()) {
      return Values::truth;
    }
    String name = Values.text(filter, arguments.positional().getFirst());
    Tests.get(name);
    Arguments rest = arguments.from(1);
    return item -> evaluator.test(name, item, rest);
  }

  private interface Change {
    Value of(Value value);
  }

  private record Mapped(Iterator<Value> values, Change change) implements Iterator<Value> {
    @Override
    public boolean hasNext() {
      return values.hasNext();
    }

    @Override
    public Value next() {
      return change.of(values.next());
    }
  }

  private static final class Kept implements Iterator<Value> {
    private final Iterator<Value> values;
    private final Predicate<Value> test;
    private Optional<Value> next = Optional.empty();

    Kept(Iterator<Value> values, Predicate<Value> test) {
      this.values = values;
      this.test = test;
    }

    @Override
    public boolean hasNext() {
      while (next.isEmpty() && values.hasNext()) {
        Value value = values.next();
        if (test.test(value)) {
          next = Optional.of(value);
        }
      }
      return next.isPresent();
    }

    @Override
    public Value next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      Value value = next.orElseThrow();
      next = Optional.empty();
      return value;
    }
  }
}
