package org.mlcengine.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.Optional;
import org.mlcengine.errors.InvalidRequestException;

/** Reads small requests: an object whose fields are all known. */
final class BodyModel {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private BodyModel() {}

  /**
   * Reads an object.
   *
   * @throws InvalidRequestException if it is none
   */
  static JsonNode object(byte[] body) {
    JsonNode json;
    try {
      json = MAPPER.readTree(body);
    } catch (JsonProcessingException e) {
      throw new InvalidRequestException(
          "body", "expected JSON, found an error: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw new InvalidRequestException("body", "expected JSON, found an error: " + e.getMessage());
    }
    if (!json.isObject()) {
      throw new InvalidRequestException("body", "expected an object, found something else");
    }
    return json;
  }

  /** Returns the name of the model; empty if there is none. */
  static Optional<String> model(JsonNode json) {
    JsonNode model = json.path("model");
    if (model.isMissingNode() || model.isNull()) {
      return Optional.empty();
    }
    if (!model.isTextual()) {
      throw new InvalidRequestException("model", "expected a string, found something else");
    }
    return Optional.of(model.textValue());
  }
}
