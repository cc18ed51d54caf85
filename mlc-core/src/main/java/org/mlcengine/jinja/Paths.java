package org.mlcengine.jinja;

import java.math.BigInteger;
import java.util.Optional;

/** Attributes of attributes, as filters name them: {@code function.name} or {@code 0}. */
final class Paths {
  private Paths() {}

  static Value get(Evaluator evaluator, Value value, Value path) {
    return get(evaluator, value, path, Optional.empty());
  }

  /** Follows a path; a missing attribute counts as the default, if there is one. */
  static Value get(Evaluator evaluator, Value value, Value path, Optional<Value> otherwise) {
    if (!(path instanceof Value.Text text)) {
      return step(evaluator, value, path, otherwise);
    }
    Value result = value;
    for (String part : text.text().split("\\.", -1)) {
      boolean number = !part.isEmpty() && part.chars().allMatch(c -> c >= '0' && c <= '9');
      Value key = number ? new Value.Int(new BigInteger(part)) : Value.of(part);
      result = step(evaluator, result, key, otherwise);
    }
    return result;
  }

  private static Value step(
      Evaluator evaluator, Value value, Value key, Optional<Value> otherwise) {
    Value result = Attributes.item(evaluator, value, key);
    return result instanceof Value.Undefined ? otherwise.orElse(result) : result;
  }
}
