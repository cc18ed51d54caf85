package org.mlcengine.jinja;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Jinja's tests by name. */
final class Tests {
  /** Asks something of a value. */
  interface Test {
    boolean apply(Evaluator evaluator, Value value, Arguments arguments);
  }

  private static final Map<String, Test> ALL = all();

  private Tests() {}

  static boolean exists(String name) {
    return ALL.containsKey(name);
  }

  static Test get(String name) {
    Test test = ALL.get(name);
    if (test == null) {
      throw new TemplateError("no test is named '" + name + "'");
    }
    return test;
  }

  private static Map<String, Test> all() {
    Map<String, Test> tests = new HashMap<>();
    addKinds(tests);
    addComparisons(tests);
    tests.put("odd", (e, v, a) -> Numbers.integer(v).testBit(0));
    tests.put("even", (e, v, a) -> !Numbers.integer(v).testBit(0));
    tests.put("divisibleby", (e, v, a) -> isDivisible(e, v, a));
    tests.put("lower", (e, v, a) -> TextMethods.isLower(PythonText.str(e, v)));
    tests.put("upper", (e, v, a) -> TextMethods.isUpper(PythonText.str(e, v)));
    tests.put("sameas", (e, v, a) -> isSame(v, a.bind("sameas", "other").get(0)));
    tests.put("in", (e, v, a) -> Operators.contains(e, a.bind("in", "seq").get(0), v));
    tests.put("filter", (e, v, a) -> v instanceof Value.Text t && Filters.exists(t.text()));
    tests.put("test", (e, v, a) -> v instanceof Value.Text t && exists(t.text()));
    return Map.copyOf(tests);
  }

  private static void addKinds(Map<String, Test> tests) {
    Map<String, Predicate<Value>> kinds = new HashMap<>();
    kinds.put("defined", v -> !(v instanceof Value.Undefined));
    kinds.put("undefined", v -> v instanceof Value.Undefined);
    kinds.put("none", v -> v instanceof Value.None);
    kinds.put("string", v -> v instanceof Value.Text);
    kinds.put("mapping", v -> v instanceof Value.Dict);
    kinds.put("sequence", Tests::isSequence);
    kinds.put("iterable", Values::isIterable);
    kinds.put("callable", v -> v instanceof Value.Function);
    kinds.put("number", Numbers::isNumber);
    kinds.put("integer", v -> v instanceof Value.Int);
    kinds.put("float", v -> v instanceof Value.Float);
    kinds.put("boolean", v -> v instanceof Value.Bool);
    kinds.put("true", v -> v instanceof Value.Bool b && b.value());
    kinds.put("false", v -> v instanceof Value.Bool b && !b.value());
    kinds.put("escaped", v -> v instanceof Value.Text t && t.safe());
    kinds.forEach(
        (name, kind) ->
            tests.put(
                name,
                (e, v, a) -> {
                  a.bind(name);
                  return kind.test(v);
                }));
  }

  private static boolean isSequence(Value value) {
    return Values.hasLength(value)
        && !(value instanceof Value.View view && view.name().startsWith("dict_"));
  }

  private static void addComparisons(Map<String, Test> tests) {
    Map<String, List<String>> names =
        Map.of(
            "==", List.of("eq", "equalto"),
            "!=", List.of("ne"),
            "<", List.of("lt", "lessthan"),
            "<=", List.of("le"),
            ">", List.of("gt", "greaterthan"),
            ">=", List.of("ge"));
    names.forEach(
        (operator, others) -> {
          Test test =
              (e, v, a) -> Operators.compare(e, operator, v, a.bind(operator, "other").get(0));
          tests.put(operator, test);
          others.forEach(name -> tests.put(name, test));
        });
  }

  private static boolean isDivisible(Evaluator evaluator, Value value, Arguments arguments) {
    Value by = arguments.bind("divisibleby", "num").get(0);
    Value rest = Operators.binary(evaluator, "%", value, by);
    return rest instanceof Value.Int number
        ? number.value().equals(BigInteger.ZERO)
        : Numbers.real(rest) == 0;
  }

  private static boolean isSame(Value a, Value b) {
    boolean single = a instanceof Value.None || a instanceof Value.Bool || a instanceof Value.Int;
    return a == b || single && a.getClass() == b.getClass() && a.equals(b);
  }
}
