package org.mlcengine.jinja;

import java.time.Clock;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mlcengine.jinja.Expression.Parameters;

/** Computes the values of expressions. */
final class Evaluator {
  private final Budget budget = new Budget();
  private final Clock clock;

  Evaluator(Clock clock) {
    this.clock = clock;
  }

  Budget budget() {
    return budget;
  }

  Clock clock() {
    return clock;
  }

  Value evaluate(Expression expression, Scope scope) {
    budget.enter();
    Value value = compute(expression, scope);
    budget.leave();
    return value;
  }

  private Value compute(Expression expression, Scope scope) {
    return switch (expression) {
      case Expression.Literal literal -> literal.value();
      case Expression.Name name -> variable(name.name(), scope);
      case Expression.ItemsLiteral items ->
          new Value.Items(all(items.items(), scope), items.tuple());
      case Expression.DictLiteral literal -> dict(literal, scope);
      case Expression.Attribute attribute ->
          Attributes.attribute(evaluate(attribute.target(), scope), attribute.name());
      case Expression.Item item ->
          Attributes.item(this, evaluate(item.target(), scope), evaluate(item.key(), scope));
      case Expression.Slice slice -> slice(slice, scope);
      case Expression.Call call ->
          call(evaluate(call.function(), scope), arguments(call.parameters(), scope));
      case Expression.Filter filter -> filter(filter, scope);
      case Expression.Test test -> test(test, scope);
      case Expression.Not not -> Value.of(!Values.truth(evaluate(not.operand(), scope)));
      case Expression.Sign sign -> sign(evaluate(sign.operand(), scope), sign.negative());
      case Expression.Binary binary -> binary(binary, scope);
      case Expression.Logical logical -> logical(logical, scope);
      case Expression.Comparison comparison -> compare(comparison, scope);
      case Expression.Join join -> Operators.join(this, all(join.parts(), scope));
      case Expression.Conditional conditional -> conditional(conditional, scope);
    };
  }

  private static Value variable(String name, Scope scope) {
    return scope.get(name).orElseGet(() -> Value.undefined("'" + name + "' is undefined"));
  }

  private Value slice(Expression.Slice slice, Scope scope) {
    Value target = evaluate(slice.target(), scope);
    Value start = bound(slice.start(), scope);
    Value stop = bound(slice.stop(), scope);
    return Attributes.slice(this, target, start, stop, bound(slice.step(), scope));
  }

  private Value filter(Expression.Filter filter, Scope scope) {
    Value input = evaluate(filter.input().orElseThrow(), scope);
    return filter(filter.name(), input, arguments(filter.parameters(), scope));
  }

  private Value test(Expression.Test test, Scope scope) {
    Value value = evaluate(test.value(), scope);
    return Value.of(test(test.name(), value, arguments(test.parameters(), scope)));
  }

  private Value binary(Expression.Binary binary, Scope scope) {
    Value left = evaluate(binary.left(), scope);
    return Operators.binary(this, binary.operator(), left, evaluate(binary.right(), scope));
  }

  private Value logical(Expression.Logical logical, Scope scope) {
    Value left = evaluate(logical.left(), scope);
    return Values.truth(left) == logical.and() ? evaluate(logical.right(), scope) : left;
  }

  private List<Value> all(List<Expression> expressions, Scope scope) {
    List<Value> values = new ArrayList<>(expressions.size());
    for (Expression expression : expressions) {
      values.add(evaluate(expression, scope));
    }
    return values;
  }

  private Value dict(Expression.DictLiteral literal, Scope scope) {
    Map<Value, Value> entries = new LinkedHashMap<>();
    for (Expression.Entry entry : literal.entries()) {
      Value key = Values.requireKey(this, evaluate(entry.key(), scope));
      entries.put(key, evaluate(entry.value(), scope));
    }
    return new Value.Dict(entries);
  }

  private Value bound(Optional<Expression> expression, Scope scope) {
    return expression.map(bound -> evaluate(bound, scope)).orElse(Value.NONE);
  }

  private static Value sign(Value value, boolean negative) {
    if (value instanceof Value.Undefined undefined) {
      throw Values.undefined(undefined);
    }
    if (value instanceof Value.Float number) {
      return negative ? new Value.Float(-number.value()) : number;
    }
    var integer = Numbers.integer(value);
    return new Value.Int(negative ? integer.negate() : integer);
  }

  private Value compare(Expression.Comparison comparison, Scope scope) {
    Value left = evaluate(comparison.first(), scope);
    for (Expression.Operand operand : comparison.others()) {
      Value right = evaluate(operand.value(), scope);
      if (!Operators.compare(this, operand.operator(), left, right)) {
        return Value.FALSE;
      }
      left = right;
    }
    return Value.TRUE;
  }

  private Value conditional(Expression.Conditional conditional, Scope scope) {
    if (Values.truth(evaluate(conditional.test(), scope))) {
      return evaluate(conditional.then(), scope);
    }
    return conditional
        .otherwise()
        .map(otherwise -> evaluate(otherwise, scope))
        .orElseGet(
            () ->
                Value.undefined(
                    "the 'if' without 'else' on line " + conditional.line() + " was false"));
  }

  Arguments arguments(Parameters parameters, Scope scope) {
    List<Value> positional = all(parameters.positional(), scope);
    Map<String, Value> named = new LinkedHashMap<>();
    for (Expression.Named argument : parameters.named()) {
      if (named.put(argument.name(), evaluate(argument.value(), scope)) != null) {
        throw new TemplateError("the argument '" + argument.name() + "' is given twice");
      }
    }
    parameters
        .more()
        .ifPresent(more -> positional.addAll(Values.list(this, evaluate(more, scope))));
    parameters.moreNamed().ifPresent(more -> addNamed(named, evaluate(more, scope)));
    return new Arguments(positional, named);
  }

  private void addNamed(Map<String, Value> named, Value more) {
    if (!(more instanceof Value.Dict dict)) {
      throw new TemplateError("'**' expects a dict, found " + Values.typeName(more));
    }
    budget.charge(dict.entries().size());
    dict.entries()
        .forEach(
            (key, value) -> {
              if (named.put(Values.text("**", key), value) != null) {
                throw new TemplateError("the argument '" + key + "' is given twice");
              }
            });
  }

  Value call(Value function, Arguments arguments) {
    budget.enter();
    Value result =
        switch (function) {
          case Value.Function callable -> callable.call(this, arguments);
          case Value.Undefined undefined -> throw Values.undefined(undefined);
          default ->
              throw new TemplateError("'" + Values.typeName(function) + "' object is not callable");
        };
    budget.charge(Value.cost(result));
    budget.leave();
    return result;
  }

  Value filter(String name, Value value, Arguments arguments) {
    budget.enter();
    Filters.Filter filter = Filters.get(name);
    budget.charge(Value.cost(value));
    Value result = filter.apply(this, value, arguments);
    budget.charge(Value.cost(result));
    budget.leave();
    return result;
  }

  boolean test(String name, Value value, Arguments arguments) {
    budget.enter();
    boolean result = Tests.get(name).apply(this, value, arguments);
    budget.leave();
    return result;
  }

  /** Returns values that are made as they are asked for. */
  Generator generator(Iterator<Value> values) {
    return new Generator(values, budget);
  }
}
