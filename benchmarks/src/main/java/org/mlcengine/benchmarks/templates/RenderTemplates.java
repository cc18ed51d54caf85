package org.mlcengine.benchmarks.templates;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.mlcengine.errors.MLCException;
import org.mlcengine.jinja.ChatTemplate;

/**
 * Renders chat templates.
 *
 * <p>Each line of standard input is {@code {"template": "...", "variables": {...}, "now":
 * "2026-03-05T14:07:09Z"}}; each line of standard output is {@code {"text": "..."}}, or {@code
 * {"error": "..."}} if the template cannot be read or refuses its variables.
 */
public final class RenderTemplates {
  private static final ObjectMapper JSON = new ObjectMapper();

  private RenderTemplates() {}

  /** Runs the program. */
  public static void main(String[] args) throws IOException {
    PrintStream output = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    try (BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = input.readLine(); line != null; line = input.readLine()) {
        output.println(answer(JSON.readTree(line)));
      }
    }
  }

  private static ObjectNode answer(JsonNode request) {
    ObjectNode answer = JSON.createObjectNode();
    Clock clock = Clock.fixed(Instant.parse(request.path("now").asText()), ZoneOffset.UTC);
    try {
      ChatTemplate template = ChatTemplate.parse(request.path("template").asText());
      answer.put("text", template.render((ObjectNode) request.path("variables"), clock));
    } catch (MLCException e) {
      answer.put("error", e.getMessage());
    }
    return answer;
  }
}
