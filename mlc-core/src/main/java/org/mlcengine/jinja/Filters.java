package org.mlcengine.jinja;

import java.util.HashMap;
import java.util.Map;

/** Jinja's filters by name. */
final class Filters {
  /** Makes a value of another. */
  interface Filter {
    Value apply(Evaluator evaluator, Value value, Arguments arguments);
  }

  private static final Map<String, Filter> ALL = all();

  private Filters() {}

  static boolean exists(String name) {
    return ALL.containsKey(name);
  }

  static Filter get(String name) {
    Filter filter = ALL.get(name);
    if (filter == null) {
      throw new TemplateError("no filter is named '" + name + "'");
    }
    return filter;
  }

  private static Map<String, Filter> all() {
    Map<String, Filter> filters = new HashMap<>();
    TextFilters.addTo(filters);
    ValueFilters.addTo(filters);
    SequenceFilters.addTo(filters);
    SelectionFilters.addTo(filters);
    return Map.copyOf(filters);
  }
}
