package org.mlcengine.jinja;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.errors.ModelLoadException;

/**
 * A model's own chat template: text in the Jinja language, which makes a prompt of a conversation.
 * It means what it means to Python's jinja2 in a sandbox, with {@code trim_blocks} and {@code
 * lstrip_blocks} on. Rendering is bounded in steps, depth and size. Safe for use by many threads.
 */
public final class ChatTemplate {
  private static final int MAX_SOURCE = 1 << 20;

  private final String source;
  private final List<Statement> statements;

  private ChatTemplate(String source, List<Statement> statements) {
    this.source = source;
    this.statements = statements;
  }

  /**
   * Reads a template.
   *
   * @throws ModelLoadException if the source is not a template; the message has the line
   */
  public static ChatTemplate parse(String source) {
    if (source.length() > MAX_SOURCE) {
      throw new ModelLoadException(
          "chat_template: expected at most %d characters, found %d. Use a shorter template."
              .formatted(MAX_SOURCE, source.length()));
    }
    try {
      return new ChatTemplate(source, Parser.parse(source));
    } catch (TemplateError e) {
      throw new ModelLoadException(
          "chat_template: line %d: %s. Correct the template, or use an MLC conversation template."
              .formatted(e.line(), e.describe()));
    }
  }

  /** Returns the text that was read. */
  public String source() {
    return source;
  }

  /**
   * Renders the template.
   *
   * @param variables what the template may name, for instance {@code messages}
   * @param clock what the template's {@code strftime_now} reads
   * @throws InvalidRequestException if the template refuses the messages, cannot be applied to them
   *     or would do more than is allowed; the message has the template's line
   */
  public String render(ObjectNode variables, Clock clock) {
    try {
      Scope scope = Scope.global();
      Globals.addTo(scope);
      for (Map.Entry<String, JsonNode> variable : variables.properties()) {
        scope.set(variable.getKey(), Values.of(variable.getValue()));
      }
      return new Renderer(new Evaluator(clock)).render(statements, scope.inner());
    } catch (TemplateError e) {
      throw new InvalidRequestException(
          "messages",
          "the model's chat template cannot render them%s: %s."
              .formatted(e.line() > 0 ? ", line " + e.line() : "", e.describe()));
    }
  }
}
