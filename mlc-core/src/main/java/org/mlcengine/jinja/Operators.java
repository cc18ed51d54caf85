package org.mlcengine.jinja;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;

/** Python's operators. */
final class Operators {
  private Operators() {}

  static Value binary(Evaluator evaluator, String operator, Value a, Value b) {
    requireDefined(a);
    if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
      return Numbers.calculate(operator, a, b);
    }
    if (operator.equals("%") && a instanceof Value.Text format) {
      return Value.of(PercentFormat.format(evaluator, format.text(), b));
    }
    requireDefined(b);
    if (operator.equals("+")) {
      if (a instanceof Value.Text x && b instanceof Value.Text y) {
        return add(evaluator, x, y);
      }
      if (a instanceof Value.Items x && b instanceof Value.Items y && x.tuple() == y.tuple()) {
        evaluator.budget().charge(x.values().size() + y.values().size());
        List<Value> values = new ArrayList<>(x.values());
        values.addAll(y.values());
        return new Value.Items(values, x.tuple());
      }
    }
    if (operator.equals("*")) {
      if (Numbers.isInteger(b)) {
        return repeat(evaluator, a, Math.max(0, Numbers.index(b)));
      }
      if (Numbers.isInteger(a)) {
        return repeat(evaluator, b, Math.max(0, Numbers.index(a)));
      }
    }
    throw unsupported(operator, a, b);
  }

  private static Value repeat(Evaluator evaluator, Value value, int times) {
    if (value instanceof Value.Text text) {
      Budget.checkText((long) text.text().length() * times);
      return new Value.Text(text.text().repeat(times), text.safe());
    }
    if (value instanceof Value.Items items) {
      evaluator.budget().charge(Value.cost(items) * times);
      List<Value> values = new ArrayList<>();
      for (int i = 0; i < times && !items.values().isEmpty(); i++) {
        values.addAll(items.values());
      }
      return new Value.Items(values, items.tuple());
    }
    throw unsupported("*", value, Value.of(times));
  }

  private static TemplateError unsupported(String operator, Value a, Value b) {
    return new TemplateError(
        "'%s' cannot be used between %s and %s"
            .formatted(operator, Values.typeName(a), Values.typeName(b)));
  }

  private static void requireDefined(Value value) {
    if (value instanceof Value.Undefined undefined) {
      throw Values.undefined(undefined);
    }
  }

  /** Joins what values look like in the output. */
  static Value.Text join(Evaluator evaluator, List<Value> parts) {
    StringBuilder out = new StringBuilder();
    for (Value part : parts) {
      out.append(PythonText.str(evaluator, part));
      Budget.checkText(out.length());
    }
    evaluator.budget().chargeText(out.length());
    return Value.of(out.toString());
  }

  /** Joins two texts; if one of them is HTML, the other is escaped. */
  private static Value add(Evaluator evaluator, Value.Text a, Value.Text b) {
    String left = b.safe() && !a.safe() ? escape(a.text()) : a.text();
    String right = a.safe() && !b.safe() ? escape(b.text()) : b.text();
    Budget.checkText((long) left.length() + right.length());
    evaluator.budget().chargeText((long) left.length() + right.length());
    return new Value.Text(left + right, a.safe() || b.safe());
  }

  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace(">", "&gt;")
        .replace("<", "&lt;")
        .replace("'", "&#39;")
        .replace("\"", "&#34;");
  }

  static boolean compare(Evaluator evaluator, String operator, Value a, Value b) {
    return switch (operator) {
      case "==" -> equal(evaluator, a, b);
      case "!=" -> !equal(evaluator, a, b);
      case "<" -> order(evaluator, operator, a, b) < 0;
      case "<=" -> order(evaluator, operator, a, b) <= 0;
      case ">" -> order(evaluator, operator, a, b) > 0;
      case ">=" -> order(evaluator, operator, a, b) >= 0;
      case "in" -> contains(evaluator, b, a);
      default -> !contains(evaluator, b, a);
    };
  }

  static boolean equal(Evaluator evaluator, Value a, Value b) {
    evaluator.budget().charge(Math.min(Value.size(a), Value.size(b)));
    return a.equals(b);
  }

  /** Returns a negative number, 0 or a positive one as the first is before, equal or after. */
  static int order(Evaluator evaluator, String operator, Value a, Value b) {
    evaluator.budget().charge(1 + Math.min(Value.size(a), Value.size(b)));
    requireDefined(a);
    requireDefined(b);
    if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
      return Numbers.compare(a, b);
    }
    if (a instanceof Value.Text x && b instanceof Value.Text y) {
      return Characters.compare(x.text(), y.text());
    }
    if (a instanceof Value.Items x && b instanceof Value.Items y && x.tuple() == y.tuple()) {
      for (int i = 0; i < Math.min(x.values().size(), y.values().size()); i++) {
        if (!x.values().get(i).equals(y.values().get(i))) {
          return order(evaluator, operator, x.values().get(i), y.values().get(i));
        }
      }
      return Integer.compare(x.values().size(), y.values().size());
    }
    throw unsupported(operator, a, b);
  }

  static boolean contains(Evaluator evaluator, Value container, Value value) {
    switch (container) {
      case Value.Text text -> {
        if (!(value instanceof Value.Text part)) {
          throw new TemplateError("'in' a text expects a text, found " + Values.typeName(value));
        }
        evaluator.budget().chargeSearch(text.text(), part.text());
        return text.text().contains(part.text());
      }
      case Value.Dict dict -> {
        return dict.entries().containsKey(Values.requireKey(evaluator, value));
      }
      default -> {
        for (Iterator<Value> i = Values.iterate(container); i.hasNext(); ) {
          if (equal(evaluator, i.next(), value)) {
            return true;
          }
        }
        return false;
      }
    }
  }

  /** Sorts by a key as Python does; keys that cannot be compared are an error. */
  static <T> void sort(Evaluator evaluator, List<T> items, Function<T, Value> key) {
    Comparator<Value> order = (a, b) -> order(evaluator, "<", a, b);
    items.sort((a, b) -> order.compare(key.apply(a), key.apply(b)));
  }
}
