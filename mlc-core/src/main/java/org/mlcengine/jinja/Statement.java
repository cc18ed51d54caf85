package org.mlcengine.jinja;

import java.util.List;
import java.util.Optional;

/** What a template does. */
sealed interface Statement {
  record Data(String text) implements Statement {}

  record Print(Expression value, int line) implements Statement {}

  record Branch(Expression test, List<Statement> body, int line) {}

  record If(List<Branch> branches, List<Statement> otherwise) implements Statement {}

  record For(
      Target target,
      Expression values,
      Optional<Expression> filter,
      List<Statement> body,
      List<Statement> otherwise,
      int line)
      implements Statement {}

  record Assign(Target target, Expression value, int line) implements Statement {}

  /** Assigns what a block writes, put through filters. */
  record AssignBlock(Target target, List<Expression.Filter> filters, List<Statement> body, int line)
      implements Statement {}

  record DefineMacro(String name, Macro macro) implements Statement {}

  record CallBlock(Expression.Call call, Macro caller, int line) implements Statement {}

  record FilterBlock(List<Expression.Filter> filters, List<Statement> body, int line)
      implements Statement {}

  record With(List<Target> targets, List<Expression> values, List<Statement> body, int line)
      implements Statement {}

  record Break() implements Statement {}

  record Continue() implements Statement {}

  /** What can be assigned to. */
  sealed interface Target {}

  record NameTarget(String name) implements Target {}

  record AttributeTarget(String namespace, String attribute) implements Target {}

  record TupleTarget(List<Target> targets) implements Target {}

  record Parameter(String name, Optional<Expression> otherwise) {}

  /**
   * A block with parameters.
   *
   * @param usesMore whether the body names {@code varargs}, so that more arguments are taken
   * @param usesMoreNamed whether the body names {@code kwargs}
   * @param usesCaller whether the body names {@code caller}
   */
  record Macro(
      String name,
      List<Parameter> parameters,
      List<Statement> body,
      boolean usesMore,
      boolean usesMoreNamed,
      boolean usesCaller) {}
}
