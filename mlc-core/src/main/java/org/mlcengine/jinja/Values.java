package org.mlcengine.jinja;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What Python does with values of any type. */
final class Values {
  private Values() {}

  /** Returns a value that equals a JSON value. */
  static Value of(JsonNode json) {
    return of(json, 0);
  }

  private static Value of(JsonNode json, int depth) {
    if (depth > Budget.MAX_NESTING) {
      throw new TemplateError(
          "JSON goes deeper than " + Budget.MAX_NESTING + " levels within each other");
    }
    return switch (json.getNodeType()) {
      case STRING -> Value.of(json.textValue());
      case BOOLEAN -> Value.of(json.booleanValue());
      case NUMBER ->
          json.isIntegralNumber()
              ? new Value.Int(json.bigIntegerValue())
              : new Value.Float(json.doubleValue());
      case ARRAY -> {
        List<Value> items = new ArrayList<>(json.size());
        json.forEach(item -> items.add(of(item, depth + 1)));
        yield Value.list(items);
      }
      case OBJECT -> {
        Map<Value, Value> entries = new LinkedHashMap<>();
        json.fields()
            .forEachRemaining(
                entry -> entries.put(Value.of(entry.getKey()), of(entry.getValue(), depth + 1)));
        yield new Value.Dict(entries);
      }
      default -> Value.NONE;
    };
  }

  static String typeName(Value value) {
    return switch (value) {
      case Value.None none -> "None";
      case Value.Bool bool -> "bool";
      case Value.Int number -> "int";
      case Value.Float number -> "float";
      case Value.Text text -> "str";
      case Value.Items items -> items.tuple() ? "tuple" : "list";
      case Value.Dict dict -> "dict";
      case Value.View view -> view.name();
      case Value.Undefined undefined -> "undefined";
      case Value.Namespace namespace -> "namespace";
      case Value.Function function -> "function";
      case Generator generator -> "generator";
      case Loop loop -> "loop";
    };
  }

  static boolean truth(Value value) {
    return switch (value) {
      case Value.None none -> false;
      case Value.Undefined undefined -> false;
      case Value.Bool bool -> bool.value();
      case Value.Int number -> number.value().signum() != 0;
      case Value.Float number -> number.value() != 0;
      case Value.Text text -> !text.text().isEmpty();
      case Value.Items items -> !items.values().isEmpty();
      case Value.Dict dict -> !dict.entries().isEmpty();
      case Value.View view -> !view.values().isEmpty();
      default -> true;
    };
  }

  static boolean isIterable(Value value) {
    return switch (value) {
      case Value.Text text -> true;
      case Value.Items items -> true;
      case Value.Dict dict -> true;
      case Value.View view -> true;
      case Generator generator -> true;
      case Value.Undefined undefined -> true;
      default -> false;
    };
  }

  static Iterator<Value> iterate(Value value) {
    return switch (value) {
      case Value.Text text -> Characters.list(text.text()).iterator();
      case Value.Items items -> items.values().iterator();
      case Value.Dict dict -> dict.entries().keySet().iterator();
      case Value.View view -> view.values().iterator();
      case Generator generator -> generator;
      case Value.Undefined undefined -> Collections.emptyIterator();
      default -> throw new TemplateError("'" + typeName(value) + "' object is not iterable");
    };
  }

  /**
   * Returns what a value holds, or nothing for one that is false, as many of Jinja's filters do.
   */
  static Iterator<Value> iterateIfTrue(Value value) {
    return truth(value) ? iterate(value) : Collections.emptyIterator();
  }

  /** Returns a fresh list of what a value holds. */
  static List<Value> list(Evaluator evaluator, Value value) {
    return list(evaluator, iterate(value));
  }

  static List<Value> list(Evaluator evaluator, Iterator<Value> values) {
    List<Value> list = new ArrayList<>();
    while (values.hasNext()) {
      evaluator.budget().charge(1);
      list.add(values.next());
    }
    return list;
  }

  static boolean hasLength(Value value) {
    return value instanceof Value.Undefined || isIterable(value) && !(value instanceof Generator);
  }

  static int length(Value value) {
    return switch (value) {
      case Value.Text text -> Characters.length(text.text());
      case Value.Items items -> items.values().size();
      case Value.Dict dict -> dict.entries().size();
      case Value.View view -> view.values().size();
      case Value.Undefined undefined -> 0;
      default -> throw new TemplateError("object of type '" + typeName(value) + "' has no length");
    };
  }

  /** Returns the text of an argument that must be a text. */
  static String text(String function, Value value) {
    if (value instanceof Value.Text text) {
      return text.text();
    }
    throw new TemplateError(function + "() expects a text, found " + typeName(value));
  }

  /** Refuses what cannot be the key of a dict, and counts the work of looking for one. */
  static Value requireKey(Evaluator evaluator, Value value) {
    evaluator.budget().charge(Value.size(value));
    boolean list = value instanceof Value.Items items && !items.tuple();
    if (list || value instanceof Value.Dict) {
      throw new TemplateError("a " + typeName(value) + " cannot be the key of a dict");
    }
    if (value instanceof Value.Items items) {
      items.values().forEach(item -> requireKey(evaluator, item));
    }
    return value;
  }

  static TemplateError undefined(Value.Undefined value) {
    return new TemplateError(value.message());
  }
}
