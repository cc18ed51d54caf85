package org.mlcengine.protocol;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import org.mlcengine.errors.InvalidRequestException;

/** Strict JSON: one value, no name twice, finite numbers. */
final class JsonTexts {
  static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private JsonTexts() {}

  /** Returns the text of an object without spaces. */
  static String object(String parameter, String text) {
    try {
      JsonNode node = MAPPER.readTree(text);
      if (!node.isObject()) {
        throw Fields.wrongType(parameter, "JSON text of an object", node);
      }
      return finite(parameter, node).toString();
    } catch (JsonProcessingException e) {
      throw malformed(parameter, e);
    }
  }

  /** Refuses numbers that a double cannot hold, which would be written as no number at all. */
  static JsonNode finite(String parameter, JsonNode node) {
    if (node.isDouble() && !Double.isFinite(node.doubleValue())) {
      throw new InvalidRequestException(
          parameter, "expected numbers of at most 1.8e308, found a larger one");
    }
    node.forEach(inner -> finite(parameter, inner));
    return node;
  }

  /** Returns the value of a text that {@link #object} returned. */
  static JsonNode tree(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  static InvalidRequestException malformed(String parameter, IOException cause) {
    String where = "";
    String what = cause.getMessage();
    if (cause instanceof JsonProcessingException e) {
      what = e.getOriginalMessage();
      if (e.getLocation() != null) {
        where =
            " at line %d, column %d"
                .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr());
      }
    }
    return new InvalidRequestException(
        parameter, "expected JSON, found an error" + where + ": " + what);
  }
}
