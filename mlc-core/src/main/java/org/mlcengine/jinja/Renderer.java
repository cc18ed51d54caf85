package org.mlcengine.jinja;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;

/** Carries out the statements of a template. */
final class Renderer {
  private enum Flow {
    NEXT,
    BREAK,
    CONTINUE
  }

  private final Evaluator evaluator;
  private StringBuilder out = new StringBuilder();
  private int line;

  Renderer(Evaluator evaluator) {
    this.evaluator = evaluator;
  }

  String render(List<Statement> statements, Scope scope) {
    try {
      body(statements, scope);
    } catch (TemplateError e) {
      throw e.line() > 0 ? e : new TemplateError(e.describe(), line);
    }
    return out.toString();
  }

  private Flow body(List<Statement> statements, Scope scope) {
    for (Statement statement : statements) {
      Flow flow = execute(statement, scope);
      if (flow != Flow.NEXT) {
        return flow;
      }
    }
    return Flow.NEXT;
  }

  private Flow execute(Statement statement, Scope scope) {
    evaluator.budget().enter();
    Flow flow = Flow.NEXT;
    switch (statement) {
      case Statement.Data data -> write(data.text());
      case Statement.Print print ->
          write(PythonText.str(evaluator, at(print.line(), print.value(), scope)));
      case Statement.If choice -> flow = choose(choice, scope);
      case Statement.For loop -> repeat(loop, scope);
      case Statement.Assign set -> assign(set.target(), at(set.line(), set.value(), scope), scope);
      case Statement.AssignBlock set -> {
        Value text = captured(set.body(), scope);
        assign(set.target(), filtered(set.filters(), text, set.line(), scope), scope);
      }
      case Statement.FilterBlock block -> {
        Value text = captured(block.body(), scope);
        Value result = filtered(block.filters(), text, block.line(), scope);
        write(PythonText.str(evaluator, result));
      }
      case Statement.DefineMacro macro -> scope.set(macro.name(), macro(macro.macro(), scope));
      case Statement.CallBlock block -> write(call(block, scope));
      case Statement.With with -> flow = with(with, scope);
      case Statement.Break end -> flow = Flow.BREAK;
      case Statement.Continue next -> flow = Flow.CONTINUE;
    }
    evaluator.budget().leave();
    return flow;
  }

  private void write(String text) {
    evaluator.budget().chargeText(text.length());
    Budget.checkText((long) out.length() + text.length());
    out.append(text);
  }

  private Value at(int newLine, Expression expression, Scope scope) {
    line = newLine;
    return evaluator.evaluate(expression, scope);
  }

  private Flow choose(Statement.If choice, Scope scope) {
    for (Statement.Branch branch : choice.branches()) {
      if (Values.truth(at(branch.line(), branch.test(), scope))) {
        return body(branch.body(), scope);
      }
    }
    return body(choice.otherwise(), scope);
  }

  private void repeat(Statement.For loop, Scope scope) {
    Iterator<Value> values = Values.iterate(at(loop.line(), loop.values(), scope));
    if (loop.filter().isPresent()) {
      values = new Matching(loop, values, loop.filter().get(), scope);
    }
    Loop state = new Loop(values, evaluator.budget());
    boolean any = false;
    while (state.hasNext()) {
      any = true;
      Scope inner = scope.inner();
      inner.set("loop", state);
      line = loop.line();
      assign(loop.target(), state.next(), inner);
      if (body(loop.body(), inner) == Flow.BREAK) {
        break;
      }
    }
    if (!any) {
      body(loop.otherwise(), scope.inner());
    }
  }

  /** The values of a loop that match its condition, each decided when its turn comes. */
  private final class Matching implements Iterator<Value> {
    private final Statement.For loop;
    private final Iterator<Value> values;
    private final Expression filter;
    private final Scope scope;
    private Optional<Value> next = Optional.empty();

    Matching(Statement.For loop, Iterator<Value> values, Expression filter, Scope scope) {
      this.loop = loop;
      this.values = values;
      this.filter = filter;
      this.scope = scope;
    }

    @Override
    public boolean hasNext() {
      while (next.isEmpty() && values.hasNext()) {
        Value value = values.next();
        Scope inner = scope.inner();
        assign(loop.target(), value, inner);
        if (Values.truth(at(loop.line(), filter, inner))) {
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

  private Flow with(Statement.With with, Scope scope) {
    Scope inner = scope.inner();
    List<Value> values = new ArrayList<>();
    for (Expression value : with.values()) {
      values.add(at(with.line(), value, scope));
    }
    for (int i = 0; i < values.size(); i++) {
      assign(with.targets().get(i), values.get(i), inner);
    }
    return body(with.body(), inner);
  }

  private void assign(Statement.Target target, Value value, Scope scope) {
    switch (target) {
      case Statement.NameTarget name -> scope.set(name.name(), value);
      case Statement.AttributeTarget attribute -> {
        if (!(scope.get(attribute.namespace()).orElse(Value.NONE)
            instanceof Value.Namespace namespace)) {
          throw new TemplateError(
              "'%s' is not a namespace, so '%s.%s' cannot be assigned to"
                  .formatted(attribute.namespace(), attribute.namespace(), attribute.attribute()));
        }
        namespace.attributes().put(attribute.attribute(), value);
      }
      case Statement.TupleTarget tuple -> {
        List<Value> values = Values.list(evaluator, value);
        if (values.size() != tuple.targets().size()) {
          throw new TemplateError(
              "expected %d values to assign, found %d"
                  .formatted(tuple.targets().size(), values.size()));
        }
        for (int i = 0; i < values.size(); i++) {
          assign(tuple.targets().get(i), values.get(i), scope);
        }
      }
    }
  }

  private Value captured(List<Statement> body, Scope scope) {
    StringBuilder outer = out;
    out = new StringBuilder();
    body(body, scope.inner());
    Value text = Value.of(out.toString());
    out = outer;
    return text;
  }

  private Value filtered(List<Expression.Filter> filters, Value value, int atLine, Scope scope) {
    line = atLine;
    Value result = value;
    for (Expression.Filter filter : filters) {
      Arguments arguments = evaluator.arguments(filter.parameters(), scope);
      result = evaluator.filter(filter.name(), result, arguments);
    }
    return result;
  }

  private Value.Function macro(Statement.Macro macro, Scope scope) {
    return new Value.Function(macro.name(), (caller, arguments) -> invoke(macro, arguments, scope));
  }

  private String call(Statement.CallBlock block, Scope scope) {
    line = block.line();
    Value function = evaluator.evaluate(block.call().function(), scope);
    Arguments given = evaluator.arguments(block.call().parameters(), scope);
    Map<String, Value> named = new LinkedHashMap<>(given.named());
    named.put("caller", macro(block.caller(), scope));
    Value result = evaluator.call(function, new Arguments(given.positional(), named));
    return PythonText.str(evaluator, result);
  }

  private Value invoke(Statement.Macro macro, Arguments arguments, Scope scope) {
    int callLine = line;
    Scope inner = scope.inner();
    Map<String, Value> named = new LinkedHashMap<>(arguments.named());
    int given = arguments.positional().size();
    List<Statement.Parameter> parameters = macro.parameters();
    for (int i = 0; i < parameters.size(); i++) {
      Statement.Parameter parameter = parameters.get(i);
      Value byName = named.remove(parameter.name());
      Value value;
      if (i < given) {
        if (byName != null) {
          throw new TemplateError(
              "macro '%s' got '%s' twice".formatted(macro.name(), parameter.name()));
        }
        value = arguments.positional().get(i);
      } else if (byName != null) {
        value = byName;
      } else {
        Optional<Expression> otherwise = parameter.otherwise();
        value =
            otherwise.isPresent()
                ? evaluator.evaluate(otherwise.get(), inner)
                : Value.undefined("parameter '" + parameter.name() + "' was not provided");
      }
      inner.set(parameter.name(), value);
    }
    setSpecial(macro, arguments, named, inner);
    Value text = captured(macro.body(), inner);
    line = callLine;
    return text;
  }

  /** Sets what a macro may take beside its parameters, and refuses the rest. */
  private static void setSpecial(
      Statement.Macro macro, Arguments arguments, Map<String, Value> named, Scope scope) {
    int more = arguments.positional().size() - macro.parameters().size();
    if (macro.usesCaller()) {
      Value caller = named.remove("caller");
      scope.set("caller", caller != null ? caller : Value.undefined("no caller is defined"));
    }
    if (macro.usesMoreNamed()) {
      Map<Value, Value> entries = new LinkedHashMap<>();
      named.forEach((name, value) -> entries.put(Value.of(name), value));
      scope.set("kwargs", new Value.Dict(entries));
    } else if (!named.isEmpty()) {
      throw new TemplateError(
          "macro '%s' takes no argument named '%s'"
              .formatted(macro.name(), named.keySet().iterator().next()));
    }
    if (macro.usesMore()) {
      List<Value> positional = arguments.positional();
      List<Value> rest =
          positional.subList(positional.size() - Math.max(0, more), positional.size());
      scope.set("varargs", new Value.Items(rest, true));
    } else if (more > 0) {
      throw new TemplateError(
          "macro '%s' takes at most %d arguments, found %d"
              .formatted(macro.name(), macro.parameters().size(), arguments.positional().size()));
    }
  }
}
