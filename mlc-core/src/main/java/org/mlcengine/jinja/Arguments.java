package org.mlcengine.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The arguments of a call: those by position, and those by name. */
record Arguments(List<Value> positional, Map<String, Value> named) {
  static final Arguments NONE = new Arguments(List.of(), Map.of());

  static Arguments of(Value... values) {
    return new Arguments(List.of(values), Map.of());
  }

  /** Returns the arguments after the first ones by position. */
  Arguments from(int first) {
    return new Arguments(positional.subList(first, positional.size()), named);
  }

  /**
   * Gives each argument to a parameter.
   *
   * @throws TemplateError if there are more arguments, or one has the name of no parameter
   */
  Bound bind(String function, String... parameters) {
    if (positional.size() > parameters.length) {
      throw new TemplateError(
          "%s() takes at most %d arguments, found %d"
              .formatted(function, parameters.length, positional.size()));
    }
    List<Optional<Value>> values = new ArrayList<>();
    Map<String, Value> rest = new LinkedHashMap<>(named);
    for (int i = 0; i < parameters.length; i++) {
      Optional<Value> byName = Optional.ofNullable(rest.remove(parameters[i]));
      if (i < positional.size()) {
        if (byName.isPresent()) {
          throw new TemplateError(function + "() got " + parameters[i] + " twice");
        }
        values.add(Optional.of(positional.get(i)));
      } else {
        values.add(byName);
      }
    }
    if (!rest.isEmpty()) {
      throw new TemplateError(
          function + "() takes no argument named '" + rest.keySet().iterator().next() + "'");
    }
    return new Bound(function, List.of(parameters), values);
  }

  /** The arguments of the parameters, in their order. */
  record Bound(String function, List<String> parameters, List<Optional<Value>> values) {
    boolean has(int i) {
      return values.get(i).isPresent();
    }

    Value get(int i) {
      return values
          .get(i)
          .orElseThrow(
              () ->
                  new TemplateError(
                      function + "() needs the argument '" + parameters.get(i) + "'"));
    }

    Value get(int i, Value otherwise) {
      return values.get(i).orElse(otherwise);
    }

    /** Returns an argument for which {@code None} means that there is none. */
    Optional<Value> some(int i) {
      return values.get(i).filter(value -> !(value instanceof Value.None));
    }

    String text(int i) {
      return Values.text(function, get(i));
    }

    String text(int i, String otherwise) {
      return has(i) ? text(i) : otherwise;
    }

    int integer(int i) {
      return Numbers.index(get(i));
    }

    int integer(int i, int otherwise) {
      return has(i) ? integer(i) : otherwise;
    }

    boolean flag(int i) {
      return has(i) && Values.truth(get(i));
    }
  }
}
