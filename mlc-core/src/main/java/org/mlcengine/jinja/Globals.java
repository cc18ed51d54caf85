package org.mlcengine.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mlcengine.errors.InvalidRequestException;

/** The functions that every template has. */
final class Globals {
  private static final int MAX_RANGE = 100_000;

  private Globals() {}

  static void addTo(Scope scope) {
    Map<String, Value.Body> functions = new LinkedHashMap<>();
    functions.put("range", Globals::range);
    functions.put("dict", Globals::dict);
    functions.put("namespace", Globals::namespace);
    functions.put("joiner", Globals::joiner);
    functions.put("cycler", Globals::cycler);
    functions.put("raise_exception", Globals::raise);
    functions.put("strftime_now", Globals::now);
    functions.forEach((name, body) -> scope.set(name, new Value.Function(name, body)));
  }

  private static Value range(Evaluator evaluator, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("range", "start", "stop", "step");
    long first = bound.integer(0);
    long start = bound.has(1) ? first : 0;
    long stop = bound.has(1) ? bound.integer(1) : first;
    long step = bound.integer(2, 1);
    if (step == 0) {
      throw new TemplateError("the step of range() cannot be 0");
    }
    long length =
        Math.max(
            0, step > 0 ? (stop - start + step - 1) / step : (start - stop - step - 1) / -step);
    if (length > MAX_RANGE) {
      throw new TemplateError("range() has more than " + MAX_RANGE + " numbers");
    }
    List<Value> numbers = new ArrayList<>();
    for (long i = 0; i < length; i++) {
      numbers.add(Value.of(start + i * step));
    }
    return new Value.View("range", numbers);
  }

  /** Returns entries given by a dict or pairs, and by names. */
  private static Map<Value, Value> entries(
      String function, Evaluator evaluator, Arguments arguments) {
    Map<Value, Value> entries = new LinkedHashMap<>();
    if (arguments.positional().size() > 1) {
      throw new TemplateError(function + "() takes at most 1 argument without a name");
    }
    for (Value given : arguments.positional()) {
      if (given instanceof Value.Dict dict) {
        entries.putAll(dict.entries());
      } else {
        for (Value pair : Values.list(evaluator, given)) {
          List<Value> parts = Values.list(evaluator, pair);
          if (parts.size() != 2) {
            throw new TemplateError(function + "() expects pairs of a key and a value");
          }
          entries.put(Values.requireKey(evaluator, parts.get(0)), parts.get(1));
        }
      }
    }
    arguments.named().forEach((name, value) -> entries.put(Value.of(name), value));
    return entries;
  }

  private static Value dict(Evaluator evaluator, Arguments arguments) {
    return new Value.Dict(entries("dict", evaluator, arguments));
  }

  private static Value namespace(Evaluator evaluator, Arguments arguments) {
    Value.Namespace namespace = new Value.Namespace();
    entries("namespace", evaluator, arguments)
        .forEach((key, value) -> namespace.attributes().put(Values.text("namespace", key), value));
    return namespace;
  }

  private static Value joiner(Evaluator evaluator, Arguments arguments) {
    Value separator = arguments.bind("joiner", "sep").get(0, Value.of(", "));
    boolean[] used = {false};
    return new Value.Function(
        "joiner",
        (e, a) -> {
          a.bind("joiner");
          Value result = used[0] ? separator : Value.EMPTY;
          used[0] = true;
          return result;
        });
  }

  private static Value cycler(Evaluator evaluator, Arguments arguments) {
    List<Value> items = arguments.positional();
    if (items.isEmpty() || !arguments.named().isEmpty()) {
      throw new TemplateError("cycler() needs values without names");
    }
    Value.Namespace cycler = new Value.Namespace();
    int[] position = {0};
    Map<String, Value> attributes = cycler.attributes();
    attributes.put("current", items.getFirst());
    attributes.put(
        "next",
        new Value.Function(
            "next",
            (e, a) -> {
              Value current = items.get(position[0]);
              position[0] = (position[0] + 1) % items.size();
              attributes.put("current", items.get(position[0]));
              return current;
            }));
    attributes.put(
        "reset",
        new Value.Function(
            "reset",
            (e, a) -> {
              position[0] = 0;
              attributes.put("current", items.getFirst());
              return Value.NONE;
            }));
    return cycler;
  }

  private static Value raise(Evaluator evaluator, Arguments arguments) {
    Value message = arguments.bind("raise_exception", "message").get(0);
    throw new InvalidRequestException(
        "messages",
        "the model's chat template refuses them: " + PythonText.str(evaluator, message));
  }

  private static Value now(Evaluator evaluator, Arguments arguments) {
    String format = arguments.bind("strftime_now", "format").text(0);
    return Value.of(DateFormat.format(format, evaluator.clock()));
  }
}
