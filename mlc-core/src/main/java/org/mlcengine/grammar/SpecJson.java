package org.mlcengine.grammar;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;

/** Reads the JSON of specifications within limits. */
final class SpecJson {
  private static final int MAX_LENGTH = 512 * 1024;
  private static final int MAX_DEPTH = 200;

  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              new com.fasterxml.jackson.core.JsonFactoryBuilder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private SpecJson() {}

  /**
   * Reads JSON.
   *
   * @param what how a message names it
   */
  static JsonNode read(String what, String text) {
    requireText(what, text, MAX_LENGTH);
    try {
      JsonNode node = MAPPER.readTree(text);
      requireText(what, node.toString(), MAX_LENGTH);
      return node;
    } catch (JsonProcessingException e) {
      throw Refusal.of("%s is no JSON: %s", what, e.getOriginalMessage());
    }
  }

  /** Throws unless the text is Unicode that native code can take, and not too long. */
  static void requireText(String what, String text, int maxLength) {
    if (text.length() > maxLength) {
      throw Refusal.of("%s has %d characters; expected at most %d", what, text.length(), maxLength);
    }
    boolean broken =
        text.codePoints().anyMatch(c -> c == 0 || Character.getType(c) == Character.SURROGATE);
    if (broken) {
      throw Refusal.of("%s holds a surrogate without its partner, or the character U+0000", what);
    }
  }
}
