package org.mlcengine.jinja;

import java.util.List;
import org.mlcengine.jinja.Token.Kind;

/** The tokens of a template, and how deep the parser is within it. */
final class TokenStream {
  private static final int MAX_DEPTH = 100;

  private final List<Token> tokens;
  private int next;
  private int depth;
  private int optional;

  TokenStream(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token peek() {
    return tokens.get(next);
  }

  Token peekSecond() {
    return tokens.get(Math.min(next + 1, tokens.size() - 1));
  }

  /** Returns the next token and goes past it; the end stays where it is. */
  Token take() {
    Token token = tokens.get(next);
    next = Math.min(next + 1, tokens.size() - 1);
    return token;
  }

  boolean takeName(String name) {
    boolean found = peek().isName(name);
    next += found ? 1 : 0;
    return found;
  }

  boolean takeOperator(String operator) {
    boolean found = peek().isOperator(operator);
    next += found ? 1 : 0;
    return found;
  }

  String expectName() {
    if (peek().kind() != Kind.NAME) {
      throw unexpected("a name");
    }
    return take().text();
  }

  void expectOperator(String operator) {
    if (!takeOperator(operator)) {
      throw unexpected("'" + operator + "'");
    }
  }

  void expect(Kind kind, String what) {
    if (take().kind() != kind) {
      next--;
      throw unexpected(what);
    }
  }

  int position() {
    return next;
  }

  /** Returns whether a name stands between an earlier position and here. */
  boolean names(String name, int from) {
    return tokens.subList(from, next).stream().anyMatch(token -> token.isName(name));
  }

  int line() {
    return peek().line();
  }

  /** Goes into a nested part; an error ends the parsing, so nothing needs to be undone then. */
  void enter() {
    if (++depth > MAX_DEPTH) {
      throw error("nested more than " + MAX_DEPTH + " levels deep");
    }
  }

  void leave() {
    depth--;
  }

  /** Goes into a part that may never be used, where unknown filters and tests are allowed. */
  void enterOptional() {
    optional++;
  }

  void leaveOptional() {
    optional--;
  }

  boolean isOptional() {
    return optional > 0;
  }

  TemplateError unexpected(String expected) {
    return error("expected " + expected + ", found " + peek().describe());
  }

  TemplateError error(String message) {
    return TemplateError.syntax(message, line());
  }
}
