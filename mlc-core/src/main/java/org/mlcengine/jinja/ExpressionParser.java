package org.mlcengine.jinja;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.mlcengine.jinja.Expression.Parameters;
import org.mlcengine.jinja.Token.Kind;

/** Reads expressions, with Jinja's precedence. */
final class ExpressionParser {
  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");

  private final TokenStream in;

  ExpressionParser(TokenStream in) {
    this.in = in;
  }

  /** Reads an expression, or several between commas, which make a tuple. */
  Expression tuple(boolean conditional) {
    return tuple(conditional, false);
  }

  private Expression tuple(boolean conditional, boolean inParentheses) {
    List<Expression> items = new ArrayList<>();
    boolean comma = false;
    while (!endsTuple()) {
      items.add(conditional ? expression() : or());
      comma = in.takeOperator(",");
      if (!comma) {
        break;
      }
      comma = true;
    }
    if (items.isEmpty() && !inParentheses) {
      throw in.unexpected("an expression");
    }
    return items.size() == 1 && !comma
        ? items.getFirst()
        : new Expression.ItemsLiteral(List.copyOf(items), true);
  }

  private boolean endsTuple() {
    Kind kind = in.peek().kind();
    return kind == Kind.VARIABLE_END
        || kind == Kind.BLOCK_END
        || in.peek().isOperator(")")
        || in.peek().isName("recursive");
  }

  Expression expression() {
    in.enter();
    int line = in.line();
    Expression value = or();
    while (in.takeName("if")) {
      in.enterOptional();
      Expression test = or();
      Optional<Expression> otherwise =
          in.takeName("else") ? Optional.of(expression()) : Optional.empty();
      in.leaveOptional();
      value = new Expression.Conditional(test, value, otherwise, line);
    }
    in.leave();
    return value;
  }

  private Expression or() {
    Expression left = and();
    while (in.takeName("or")) {
      left = new Expression.Logical(false, left, and());
    }
    return left;
  }

  private Expression and() {
    Expression left = not();
    while (in.takeName("and")) {
      left = new Expression.Logical(true, left, not());
    }
    return left;
  }

  private Expression not() {
    if (!in.takeName("not")) {
      return comparison();
    }
    in.enter();
    Expression operand = not();
    in.leave();
    return new Expression.Not(operand);
  }

  private Expression comparison() {
    Expression first = sum();
    List<Expression.Operand> others = new ArrayList<>();
    while (true) {
      if (in.peek().kind() == Kind.OPERATOR && COMPARISONS.contains(in.peek().text())) {
        others.add(new Expression.Operand(in.take().text(), sum()));
      } else if (in.takeName("in")) {
        others.add(new Expression.Operand("in", sum()));
      } else if (in.peek().isName("not") && in.peekSecond().isName("in")) {
        in.take();
        in.take();
        others.add(new Expression.Operand("not in", sum()));
      } else {
        return others.isEmpty() ? first : new Expression.Comparison(first, List.copyOf(others));
      }
    }
  }

  private Expression sum() {
    Expression left = join();
    while (in.peek().isOperator("+") || in.peek().isOperator("-")) {
      left = new Expression.Binary(in.take().text(), left, join());
    }
    return left;
  }

  private Expression join() {
    Expression first = product();
    if (!in.peek().isOperator("~")) {
      return first;
    }
    List<Expression> parts = new ArrayList<>(List.of(first));
    while (in.takeOperator("~")) {
      parts.add(product());
    }
    return new Expression.Join(List.copyOf(parts));
  }

  private Expression product() {
    Expression left = power();
    while (in.peek().kind() == Kind.OPERATOR
        && Set.of("*", "/", "//", "%").contains(in.peek().text())) {
      left = new Expression.Binary(in.take().text(), left, power());
    }
    return left;
  }

  private Expression power() {
    Expression left = unary(true);
    while (in.takeOperator("**")) {
      left = new Expression.Binary("**", left, unary(true));
    }
    return left;
  }

  private Expression unary(boolean filtered) {
    Expression value;
    if (in.peek().isOperator("-") || in.peek().isOperator("+")) {
      in.enter();
      boolean negative = in.take().text().equals("-");
      value = new Expression.Sign(unary(false), negative);
      in.leave();
    } else {
      value = primary();
    }
    value = postfix(value);
    return filtered ? filters(value) : value;
  }

  Expression primary() {
    Token token = in.peek();
    return switch (token.kind()) {
      case NAME -> name(in.take().text());
      case STRING -> {
        StringBuilder text = new StringBuilder();
        while (in.peek().kind() == Kind.STRING) {
          text.append(in.take().text());
        }
        yield new Expression.Literal(Value.of(text.toString()));
      }
      case INTEGER -> new Expression.Literal(new Value.Int(new BigInteger(in.take().text())));
      case FLOAT -> new Expression.Literal(new Value.Float(Double.parseDouble(in.take().text())));
      default -> {
        if (in.takeOperator("(")) {
          in.enter();
          Expression value = tuple(true, true);
          in.leave();
          in.expectOperator(")");
          yield value;
        }
        if (in.takeOperator("[")) {
          yield new Expression.ItemsLiteral(items("]"), false);
        }
        if (in.takeOperator("{")) {
          yield dict();
        }
        throw in.unexpected("an expression");
      }
    };
  }

  private static Expression name(String name) {
    return switch (name) {
      case "true", "True" -> new Expression.Literal(Value.TRUE);
      case "false", "False" -> new Expression.Literal(Value.FALSE);
      case "none", "None" -> new Expression.Literal(Value.NONE);
      default -> new Expression.Name(name);
    };
  }

  private List<Expression> items(String end) {
    List<Expression> items = new ArrayList<>();
    while (!in.peek().isOperator(end)) {
      if (!items.isEmpty()) {
        in.expectOperator(",");
      }
      if (!in.peek().isOperator(end)) {
        items.add(expression());
      }
    }
    in.take();
    return List.copyOf(items);
  }

  private Expression dict() {
    List<Expression.Entry> entries = new ArrayList<>();
    while (!in.peek().isOperator("}")) {
      if (!entries.isEmpty()) {
        in.expectOperator(",");
      }
      if (!in.peek().isOperator("}")) {
        Expression key = expression();
        in.expectOperator(":");
        entries.add(new Expression.Entry(key, expression()));
      }
    }
    in.take();
    return new Expression.DictLiteral(List.copyOf(entries));
  }

  private Expression postfix(Expression value) {
    Expression result = value;
    while (true) {
      if (in.takeOperator(".")) {
        result = member(result);
      } else if (in.takeOperator("[")) {
        result = subscript(result);
      } else if (in.peek().isOperator("(")) {
        result = new Expression.Call(result, parameters());
      } else {
        return result;
      }
    }
  }

  private Expression member(Expression target) {
    if (in.peek().kind() == Kind.INTEGER) {
      return new Expression.Item(target, primary());
    }
    return new Expression.Attribute(target, in.expectName());
  }

  private Expression subscript(Expression target) {
    List<Expression> keys = new ArrayList<>();
    while (!in.peek().isOperator("]")) {
      if (!keys.isEmpty()) {
        in.expectOperator(",");
      }
      Optional<Expression> key =
          in.peek().isOperator(":") ? Optional.empty() : Optional.of(expression());
      if (in.peek().isOperator(":")) {
        if (!keys.isEmpty()) {
          throw in.error("a slice beside other subscripts is not supported");
        }
        return slice(target, key);
      }
      keys.add(key.orElseThrow());
    }
    in.take();
    if (keys.isEmpty()) {
      throw in.error("expected a subscript between '[' and ']'");
    }
    Expression key =
        keys.size() == 1 ? keys.getFirst() : new Expression.ItemsLiteral(List.copyOf(keys), true);
    return new Expression.Item(target, key);
  }

  private Expression slice(Expression target, Optional<Expression> start) {
    List<Optional<Expression>> bounds = new ArrayList<>(List.of(start));
    while (bounds.size() < 3 && in.takeOperator(":")) {
      boolean given = !in.peek().isOperator(":") && !in.peek().isOperator("]");
      bounds.add(given ? Optional.of(expression()) : Optional.empty());
    }
    in.expectOperator("]");
    Optional<Expression> step = bounds.size() > 2 ? bounds.get(2) : Optional.empty();
    return new Expression.Slice(target, start, bounds.get(1), step);
  }

  private Expression filters(Expression value) {
    Expression result = value;
    while (true) {
      if (in.takeOperator("|")) {
        result = filter(Optional.of(result));
      } else if (in.takeName("is")) {
        result = test(result);
      } else if (in.peek().isOperator("(")) {
        result = new Expression.Call(result, parameters());
      } else {
        return result;
      }
    }
  }

  /** Reads a filter's name and parameters. */
  Expression.Filter filter(Optional<Expression> input) {
    String name = dottedName();
    if (!in.isOptional() && !Filters.exists(name)) {
      throw in.error("no filter is named '" + name + "'");
    }
    Parameters parameters = in.peek().isOperator("(") ? parameters() : Parameters.NONE;
    return new Expression.Filter(input, name, parameters);
  }

  private String dottedName() {
    StringBuilder name = new StringBuilder(in.expectName());
    while (in.takeOperator(".")) {
      name.append('.').append(in.expectName());
    }
    return name.toString();
  }

  private Expression test(Expression value) {
    boolean negated = in.takeName("not");
    String name = dottedName();
    if (!in.isOptional() && !Tests.exists(name)) {
      throw in.error("no test is named '" + name + "'");
    }
    Parameters parameters = Parameters.NONE;
    Token next = in.peek();
    if (next.isOperator("(")) {
      parameters = parameters();
    } else if (startsOperand(next)) {
      if (next.isName("is")) {
        throw in.error("tests cannot be chained with 'is'");
      }
      Expression operand = postfix(primary());
      parameters = new Parameters(List.of(operand), List.of(), Optional.empty(), Optional.empty());
    }
    Expression test = new Expression.Test(value, name, parameters);
    return negated ? new Expression.Not(test) : test;
  }

  private static boolean startsOperand(Token token) {
    return switch (token.kind()) {
      case NAME -> !token.isName("else") && !token.isName("or") && !token.isName("and");
      case STRING, INTEGER, FLOAT -> true;
      default -> token.isOperator("[") || token.isOperator("{");
    };
  }

  private Parameters parameters() {
    in.enter();
    in.expectOperator("(");
    List<Expression> positional = new ArrayList<>();
    List<Expression.Named> named = new ArrayList<>();
    Optional<Expression> more = Optional.empty();
    Optional<Expression> moreNamed = Optional.empty();
    boolean first = true;
    while (!in.peek().isOperator(")")) {
      if (!first) {
        in.expectOperator(",");
        if (in.peek().isOperator(")")) {
          break;
        }
      }
      first = false;
      if (moreNamed.isEmpty() && in.takeOperator("**")) {
        moreNamed = Optional.of(expression());
      } else if (more.isEmpty() && moreNamed.isEmpty() && in.takeOperator("*")) {
        more = Optional.of(expression());
      } else if (in.peek().kind() == Kind.NAME
          && in.peekSecond().isOperator("=")
          && moreNamed.isEmpty()) {
        String name = in.expectName();
        in.take();
        named.add(new Expression.Named(name, expression()));
      } else if (named.isEmpty() && more.isEmpty() && moreNamed.isEmpty()) {
        positional.add(expression());
      } else {
        throw in.error("an argument without a name follows one that has a name");
      }
    }
    in.take();
    in.leave();
    return new Parameters(List.copyOf(positional), List.copyOf(named), more, moreNamed);
  }

  /** Reads the callee and parameters of a call block. */
  Expression.Call call() {
    if (expression() instanceof Expression.Call call) {
      return call;
    }
    throw in.error("expected a call");
  }
}
