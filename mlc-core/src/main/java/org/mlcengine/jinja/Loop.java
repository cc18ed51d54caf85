package org.mlcengine.jinja;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/** The variable {@code loop}. It looks ahead only when it is asked, as values may not exist yet. */
final class Loop implements Value {
  private final Iterator<Value> values;
  private final Budget budget;
  private final Deque<Value> ahead = new ArrayDeque<>();
  private Optional<Value> previous = Optional.empty();
  private Optional<Value> current = Optional.empty();
  private Optional<Value> lastChanged = Optional.empty();
  private int index;

  Loop(Iterator<Value> values, Budget budget) {
    this.values = values;
    this.budget = budget;
  }

  boolean hasNext() {
    return !ahead.isEmpty() || values.hasNext();
  }

  Value next() {
    budget.charge(1);
    Value value = ahead.isEmpty() ? values.next() : ahead.removeFirst();
    previous = current;
    current = Optional.of(value);
    index++;
    return value;
  }

  int index() {
    return index;
  }

  int length() {
    while (values.hasNext()) {
      budget.charge(1);
      ahead.addLast(values.next());
    }
    return index + ahead.size();
  }

  private Optional<Value> following() {
    if (ahead.isEmpty() && values.hasNext()) {
      ahead.addLast(values.next());
    }
    return Optional.ofNullable(ahead.peekFirst());
  }

  Optional<Value> attribute(String name) {
    Value value =
        switch (name) {
          case "index" -> Value.of(index);
          case "index0" -> Value.of(index - 1);
          case "revindex" -> Value.of(length() - index + 1);
          case "revindex0" -> Value.of(length() - index);
          case "first" -> Value.of(index == 1);
          case "last" -> Value.of(following().isEmpty());
          case "length" -> Value.of(length());
          case "depth" -> Value.of(1);
          case "depth0" -> Value.of(0);
          case "previtem" -> previous.orElseGet(() -> Value.undefined("there is no previous item"));
          case "nextitem" -> following().orElseGet(() -> Value.undefined("there is no next item"));
          case "cycle" -> new Value.Function(name, (evaluator, arguments) -> cycle(arguments));
          case "changed" -> new Value.Function(name, this::changed);
          default -> Value.undefined("'loop' has no attribute '" + name + "'");
        };
    return value instanceof Value.Undefined && !name.endsWith("item")
        ? Optional.empty()
        : Optional.of(value);
  }

  private Value cycle(Arguments arguments) {
    List<Value> values = arguments.positional();
    if (values.isEmpty()) {
      throw new TemplateError("loop.cycle() needs values");
    }
    return values.get((index - 1) % values.size());
  }

  private Value changed(Evaluator evaluator, Arguments arguments) {
    Value now = new Value.Items(List.copyOf(arguments.positional()), true);
    boolean changed = lastChanged.isEmpty() || !Operators.equal(evaluator, now, lastChanged.get());
    lastChanged = Optional.of(now);
    return Value.of(changed);
  }
}
