package org.mlcengine.jinja;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Clock;
import java.util.Optional;
import org.mlcengine.errors.InvalidRequestException;

/** JSON text as Python's {@code json.dumps} writes it by default. */
public final class PythonJson {
  private static final JsonText.Style STYLE =
      new JsonText.Style(true, Optional.empty(), ", ", ": ", false);

  private PythonJson() {}

  /**
   * Writes a value on one line, with spaces behind commas and colons, and in ASCII.
   *
   * @throws org.mlcengine.errors.InvalidRequestException if the value is too large or too deep
   */
  public static String write(JsonNode value) {
    try {
      return JsonText.write(new Evaluator(Clock.systemUTC()), Values.of(value), STYLE);
    } catch (TemplateError e) {
      throw new InvalidRequestException("tools", e.describe());
    }
  }
}
