package org.mlcengine.tokenizer.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Pattern;
import org.mlcengine.errors.ModelLoadException;

/**
 * The components of a tokenizer file.
 *
 * @param file where they were read
 * @param all the components by name
 */
record Components(Path file, ObjectNode all) {
  /** Returns the components of this name, those of a sequence one by one. */
  List<JsonNode> flatten(String component, String members) {
    List<JsonNode> flat = new ArrayList<>();
    Deque<JsonNode> open = new ArrayDeque<>();
    JsonNode outermost = all.path(component);
    if (!outermost.isMissingNode() && !outermost.isNull()) {
      open.push(outermost);
    }
    while (!open.isEmpty()) {
      JsonNode node = open.pop();
      if (type(node).equals("Sequence") && node.path(members).isArray()) {
        for (int i = node.path(members).size() - 1; i >= 0; i--) {
          open.push(node.path(members).path(i));
        }
      } else {
        flat.add(node);
      }
    }
    return flat;
  }

  static String type(JsonNode node) {
    return node.path("type").asText("none");
  }

  /** Returns a text that a component must have. */
  String text(JsonNode node, String name) {
    JsonNode text = node.path(name);
    if (!text.isTextual()) {
      throw malformed("a " + type(node) + " with a text as its " + name, text.toString());
    }
    return text.asText();
  }

  /** Returns a single character that a component must have. */
  int character(JsonNode node, String name) {
    String text = text(node, name);
    if (text.isEmpty() || text.codePointCount(0, text.length()) != 1) {
      throw malformed("a " + type(node) + " with one character as its " + name, "'" + text + "'");
    }
    return text.codePointAt(0);
  }

  /** Returns a whole number, at least 0, that a component must have. */
  int count(JsonNode node, String name) {
    JsonNode count = node.path(name);
    if (!count.canConvertToInt() || !count.isIntegralNumber() || count.asInt() < 0) {
      throw malformed("a " + type(node) + " with a whole number as its " + name, count.toString());
    }
    return count.asInt();
  }

  /** Returns the text that a component looks for; an empty one if it looks for a pattern. */
  String literal(JsonNode node) {
    JsonNode pattern = node.path("pattern");
    if (!pattern.path("String").isTextual() && !pattern.path("Regex").isTextual()) {
      throw malformed(
          "a " + type(node) + " with a String or a Regex as its pattern", pattern.toString());
    }
    return pattern.path("String").asText("");
  }

  /** Returns the pattern that a component looks for. */
  Pattern pattern(JsonNode node) {
    String literal = literal(node);
    JsonNode regex = node.path("pattern").path("Regex");
    if (!regex.isTextual()) {
      return Pattern.compile(Pattern.quote(literal));
    }
    try {
      return OnigurumaPattern.compile(regex.asText());
    } catch (IllegalArgumentException e) {
      throw new ModelLoadException(
          "Cannot use the pattern " + regex.asText() + " of " + file + ": " + e.getMessage(), e);
    }
  }

  ModelLoadException unsupported(String component, String found, String supported) {
    return new ModelLoadException(
        file
            + " has the "
            + component
            + " '"
            + found
            + "', which is not supported. "
            + "Supported: "
            + supported
            + ".");
  }

  ModelLoadException malformed(String expected, String found) {
    return new ModelLoadException(
        "Expected "
            + file
            + " to have "
            + expected
            + ", found "
            + found
            + ". Download or convert the model again.");
  }
}
