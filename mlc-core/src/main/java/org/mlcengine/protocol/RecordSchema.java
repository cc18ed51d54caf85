package org.mlcengine.protocol;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Objects;
import java.util.Optional;
import org.mlcengine.errors.IncompleteReplyException;
import org.mlcengine.errors.InvalidReplyException;

/**
 * The JSON Schema of a record class, and the reader of its values.
 *
 * @param <T> the record class
 */
final class RecordSchema<T> {
  private static final int MAX_NAME = 64;

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .nodeFactory(JsonNodeFactory.withExactBigDecimals(true))
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private final Class<T> type;
  private final ValueType root;
  private final ResponseFormat.JsonSchema format;

  private RecordSchema(Class<T> type) {
    this.type = type;
    RecordTypes records = new RecordTypes();
    root = records.root(type);
    String name = type.getSimpleName().replaceAll("[^a-zA-Z0-9_-]", "_");
    ObjectNode schema = records.schema();
    format =
        new ResponseFormat.JsonSchema(
            name.substring(0, Math.min(MAX_NAME, name.length())),
            Optional.ofNullable(type.getAnnotation(JsonClassDescription.class))
                .map(JsonClassDescription::value),
            Optional.of(schema.toString()),
            true);
  }

  /**
   * Derives the schema.
   *
   * @throws org.mlcengine.errors.InvalidRequestException if it cannot be derived
   */
  static <T> RecordSchema<T> of(Class<T> type) {
    return new RecordSchema<>(type);
  }

  Class<T> type() {
    return type;
  }

  ResponseFormat.JsonSchema format() {
    return format;
  }

  /**
   * Reads a value.
   *
   * @throws IncompleteReplyException if the text is not JSON and was cut
   * @throws InvalidReplyException if the text is no value of the class
   */
  T read(String text, FinishReason reason) {
    JsonNode json = MissingNode.getInstance();
    String problem = "there is no text";
    try {
      json = MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      problem = e.getOriginalMessage();
    } catch (NumberFormatException | ArithmeticException e) {
      problem = String.valueOf(e.getMessage());
    }
    if (json.isMissingNode()) {
      if (reason == FinishReason.LENGTH || reason == FinishReason.ABORT) {
        throw new IncompleteReplyException(reason.value());
      }
      throw new InvalidReplyException(
          "Expected JSON text of a %s: %s".formatted(type.getSimpleName(), problem));
    }
    return Objects.requireNonNull(type.cast(root.read("", json)));
  }
}
