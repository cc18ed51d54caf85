package org.mlcengine.jinja;

/**
 * A piece of a template's source.
 *
 * @param text what it says; of a string its value, of an integer its decimal digits
 */
record Token(Kind kind, String text, int line) {
  enum Kind {
    DATA,
    VARIABLE_BEGIN,
    VARIABLE_END,
    BLOCK_BEGIN,
    BLOCK_END,
    NAME,
    STRING,
    INTEGER,
    FLOAT,
    OPERATOR,
    END
  }

  boolean is(Kind other, String expected) {
    return kind == other && text.equals(expected);
  }

  boolean isName(String expected) {
    return is(Kind.NAME, expected);
  }

  boolean isOperator(String expected) {
    return is(Kind.OPERATOR, expected);
  }

  String describe() {
    return switch (kind) {
      case DATA -> "text";
      case VARIABLE_BEGIN -> "'{{'";
      case VARIABLE_END -> "'}}'";
      case BLOCK_BEGIN -> "'{%'";
      case BLOCK_END -> "'%}'";
      case END -> "the end of the template";
      default -> "'" + (text.length() > 40 ? text.substring(0, 40) + "..." : text) + "'";
    };
  }
}
