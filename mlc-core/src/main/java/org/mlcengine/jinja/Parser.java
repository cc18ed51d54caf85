package org.mlcengine.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.mlcengine.jinja.Statement.Macro;
import org.mlcengine.jinja.Statement.Target;
import org.mlcengine.jinja.Token.Kind;

/** Reads a template's text, values and blocks. */
final class Parser {
  private static final Set<String> OTHER_FILES =
      Set.of("include", "import", "from", "extends", "block");

  private final TokenStream in;
  private final ExpressionParser expressions;
  private int loops;

  private Parser(List<Token> tokens) {
    this.in = new TokenStream(tokens);
    this.expressions = new ExpressionParser(in);
  }

  static List<Statement> parse(String source) {
    List<Token> tokens = Lexer.scan(source);
    Parser parser = new Parser(tokens);
    List<Statement> statements = parser.body(Set.of());
    if (parser.in.peek().kind() != Kind.END) {
      throw parser.in.unexpected("the end of the template");
    }
    return statements;
  }

  /** Reads statements up to a block with one of the names, of which the name comes next. */
  private List<Statement> body(Set<String> ends) {
    in.enter();
    List<Statement> statements = new ArrayList<>();
    while (true) {
      Token token = in.peek();
      switch (token.kind()) {
        case DATA -> statements.add(new Statement.Data(in.take().text()));
        case VARIABLE_BEGIN -> {
          in.take();
          statements.add(new Statement.Print(expressions.tuple(true), token.line()));
          in.expect(Kind.VARIABLE_END, "'}}'");
        }
        case BLOCK_BEGIN -> {
          if (in.peekSecond().kind() == Kind.NAME && ends.contains(in.peekSecond().text())) {
            in.take();
            in.leave();
            return List.copyOf(statements);
          }
          in.take();
          statements.add(block());
        }
        default -> {
          if (!ends.isEmpty()) {
            throw in.unexpected("a block " + String.join(" or ", ends.stream().sorted().toList()));
          }
          in.leave();
          return List.copyOf(statements);
        }
      }
    }
  }

  private Statement block() {
    int line = in.line();
    String name = in.expectName();
    return switch (name) {
      case "if" -> ifBlock();
      case "for" -> forBlock(line);
      case "set" -> set(line);
      case "macro" -> macro(line);
      case "call" -> callBlock(line);
      case "filter" -> filterBlock(line);
      case "with" -> with(line);
      case "generation" -> generation(line);
      case "break", "continue" -> {
        if (loops == 0) {
          throw TemplateError.syntax("'" + name + "' outside of a loop", line);
        }
        endBlock();
        yield name.equals("break") ? new Statement.Break() : new Statement.Continue();
      }
      default ->
          throw TemplateError.syntax(
              OTHER_FILES.contains(name)
                  ? "'" + name + "' is not supported: a chat template is one file"
                  : "unknown block '" + name + "'",
              line);
    };
  }

  private void endBlock() {
    in.expect(Kind.BLOCK_END, "'%}'");
  }

  /** Reads a body and the block that ends it. */
  private List<Statement> bodyTo(String end) {
    List<Statement> body = body(Set.of(end));
    in.take();
    endBlock();
    return body;
  }

  private Statement ifBlock() {
    in.enterOptional();
    List<Statement.Branch> branches = new ArrayList<>();
    List<Statement> otherwise = List.of();
    boolean more = true;
    while (more) {
      int line = in.line();
      Expression test = expressions.tuple(false);
      endBlock();
      branches.add(new Statement.Branch(test, body(Set.of("elif", "else", "endif")), line));
      String end = in.expectName();
      more = end.equals("elif");
      if (end.equals("else")) {
        endBlock();
        otherwise = bodyTo("endif");
      } else if (end.equals("endif")) {
        endBlock();
      }
    }
    in.leaveOptional();
    return new Statement.If(List.copyOf(branches), otherwise);
  }

  private Statement forBlock(int line) {
    Target target = targets();
    if (!in.takeName("in")) {
      throw in.unexpected("'in'");
    }
    Expression values = expressions.tuple(false);
    Optional<Expression> filter =
        in.takeName("if") ? Optional.of(expressions.expression()) : Optional.empty();
    if (in.peek().isName("recursive")) {
      throw in.error("recursive loops are not supported");
    }
    endBlock();
    loops++;
    List<Statement> body = body(Set.of("else", "endfor"));
    loops--;
    List<Statement> otherwise = List.of();
    if (in.expectName().equals("else")) {
      endBlock();
      otherwise = bodyTo("endfor");
    } else {
      endBlock();
    }
    return new Statement.For(target, values, filter, body, otherwise, line);
  }

  private Statement set(int line) {
    Target target = targets();
    if (in.takeOperator("=")) {
      Expression value = expressions.tuple(true);
      endBlock();
      return new Statement.Assign(target, value, line);
    }
    List<Expression.Filter> filters = new ArrayList<>();
    while (in.takeOperator("|")) {
      filters.add(expressions.filter(Optional.empty()));
    }
    endBlock();
    return new Statement.AssignBlock(target, List.copyOf(filters), bodyTo("endset"), line);
  }

  private Statement filterBlock(int line) {
    List<Expression.Filter> filters = new ArrayList<>();
    do {
      filters.add(expressions.filter(Optional.empty()));
    } while (in.takeOperator("|"));
    endBlock();
    return new Statement.FilterBlock(List.copyOf(filters), bodyTo("endfilter"), line);
  }

  private Statement with(int line) {
    List<Target> targets = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (in.peek().kind() != Kind.BLOCK_END) {
      if (!targets.isEmpty()) {
        in.expectOperator(",");
      }
      targets.add(target());
      in.expectOperator("=");
      values.add(expressions.expression());
    }
    endBlock();
    return new Statement.With(List.copyOf(targets), List.copyOf(values), bodyTo("endwith"), line);
  }

  /** A mark of what the assistant wrote, of use in training only. */
  private Statement generation(int line) {
    endBlock();
    return new Statement.With(List.of(), List.of(), bodyTo("endgeneration"), line);
  }

  private Statement macro(int line) {
    String name = in.expectName();
    Macro macro = macro(name, parameters(), "endmacro");
    if (name.equals("caller")) {
      throw TemplateError.syntax("a macro cannot be named 'caller'", line);
    }
    return new Statement.DefineMacro(name, macro);
  }

  private Statement callBlock(int line) {
    List<Statement.Parameter> parameters = in.peek().isOperator("(") ? parameters() : List.of();
    Expression.Call call = expressions.call();
    return new Statement.CallBlock(call, macro("caller", parameters, "endcall"), line);
  }

  private Macro macro(String name, List<Statement.Parameter> parameters, String end) {
    int outerLoops = loops;
    loops = 0;
    endBlock();
    int start = in.position();
    List<Statement> body = bodyTo(end);
    loops = outerLoops;
    return new Macro(
        name,
        parameters,
        body,
        in.names("varargs", start),
        in.names("kwargs", start),
        in.names("caller", start));
  }

  private List<Statement.Parameter> parameters() {
    in.expectOperator("(");
    List<Statement.Parameter> parameters = new ArrayList<>();
    while (!in.peek().isOperator(")")) {
      if (!parameters.isEmpty()) {
        in.expectOperator(",");
      }
      String name = in.expectName();
      Optional<Expression> otherwise =
          in.takeOperator("=") ? Optional.of(expressions.expression()) : Optional.empty();
      if (otherwise.isEmpty()
          && !parameters.isEmpty()
          && parameters.getLast().otherwise().isPresent()) {
        throw in.error("a parameter without a default follows one that has a default");
      }
      parameters.add(new Statement.Parameter(name, otherwise));
    }
    in.take();
    return List.copyOf(parameters);
  }

  private Target targets() {
    List<Target> targets = new ArrayList<>();
    boolean comma = false;
    do {
      if (comma && (in.peek().isName("in") || in.peek().isOperator("="))) {
        break;
      }
      targets.add(target());
      comma = in.takeOperator(",");
    } while (comma);
    return targets.size() == 1 && !comma
        ? targets.getFirst()
        : new Statement.TupleTarget(List.copyOf(targets));
  }

  private Target target() {
    if (in.takeOperator("(")) {
      in.enter();
      Target target = targets();
      in.leave();
      in.expectOperator(")");
      return target;
    }
    String name = in.expectName();
    if (Set.of("true", "false", "none", "True", "False", "None").contains(name)) {
      throw in.error("'" + name + "' cannot be assigned to");
    }
    return in.takeOperator(".")
        ? new Statement.AttributeTarget(name, in.expectName())
        : new Statement.NameTarget(name);
  }
}
