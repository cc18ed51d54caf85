package org.mlcengine.jinja;

/** What is wrong with a template or with its use; the caller of the package sees a typed one. */
final class TemplateError extends RuntimeException {
  private final int line;

  /** Creates an error of which the line is not known where it happens. */
  TemplateError(String message) {
    this(message, 0);
  }

  TemplateError(String message, int line) {
    super(message, null, false, false);
    this.line = line;
  }

  /** Returns the template's line, or 0 if it is not known. */
  int line() {
    return line;
  }

  static TemplateError syntax(String message, int line) {
    return new TemplateError(message, line);
  }

  String describe() {
    return String.valueOf(getMessage());
  }
}
