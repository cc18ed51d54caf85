package org.mlcengine.jinja;

import java.util.List;
import java.util.Optional;

/** What has a value. */
sealed interface Expression {
  record Literal(Value value) implements Expression {}

  record Name(String name) implements Expression {}

  record ItemsLiteral(List<Expression> items, boolean tuple) implements Expression {}

  record Entry(Expression key, Expression value) {}

  record DictLiteral(List<Entry> entries) implements Expression {}

  record Attribute(Expression target, String name) implements Expression {}

  record Item(Expression target, Expression key) implements Expression {}

  record Slice(
      Expression target,
      Optional<Expression> start,
      Optional<Expression> stop,
      Optional<Expression> step)
      implements Expression {}

  record Call(Expression function, Parameters parameters) implements Expression {}

  /** A filter; one that a block is put through has no input of its own. */
  record Filter(Optional<Expression> input, String name, Parameters parameters)
      implements Expression {}

  record Test(Expression value, String name, Parameters parameters) implements Expression {}

  record Not(Expression operand) implements Expression {}

  record Sign(Expression operand, boolean negative) implements Expression {}

  record Binary(String operator, Expression left, Expression right) implements Expression {}

  /** The operators {@code and} and {@code or}. */
  record Logical(boolean and, Expression left, Expression right) implements Expression {}

  record Operand(String operator, Expression value) {}

  record Comparison(Expression first, List<Operand> others) implements Expression {}

  record Join(List<Expression> parts) implements Expression {}

  record Conditional(Expression test, Expression then, Optional<Expression> otherwise, int line)
      implements Expression {}

  record Named(String name, Expression value) {}

  /** What a call passes on; the last two are a list and a dict of more. */
  record Parameters(
      List<Expression> positional,
      List<Named> named,
      Optional<Expression> more,
      Optional<Expression> moreNamed) {
    static final Parameters NONE =
        new Parameters(List.of(), List.of(), Optional.empty(), Optional.empty());
  }
}
