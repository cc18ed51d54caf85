package org.mlcengine.protocol;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import org.mlcengine.errors.InvalidRequestException;

/** The JSON of requests and replies, with OpenAI's field names. */
public final class ProtocolJson {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private ProtocolJson() {}

  /**
   * Writes a request, a message, a reply, a chunk or a usage.
   *
   * @throws IllegalArgumentException if the value is none of these
   */
  public static String write(Object value) {
    JsonNode node =
        switch (value) {
          case GenerationParams params -> RequestJson.write(params);
          case ChatMessage message -> RequestJson.write(message);
          case ChatCompletion completion -> ResponseJson.write(completion);
          case ChatCompletionChunk chunk -> ResponseJson.write(chunk);
          case Completion completion -> ResponseJson.write(completion);
          case Usage usage -> ResponseJson.write(usage);
          default ->
              throw new IllegalArgumentException(
                  "Expected a type of "
                      + ProtocolJson.class.getPackageName()
                      + " that has JSON, found "
                      + value.getClass().getName());
        };
    return node.toString();
  }

  /**
   * Reads a request or a message.
   *
   * @param type {@link ChatCompletionCreateParams}, {@link CompletionCreateParams} or {@link
   *     ChatMessage}
   * @throws InvalidRequestException if the text is not JSON (the parameter is then {@code body}), a
   *     value has another type or is out of its range, or a field is not supported; the parameter
   *     is the path of the field, for instance {@code messages[0].content}
   * @throws IllegalArgumentException if the type is another one
   */
  public static <T> T read(String json, Class<T> type) {
    try {
      return RequestJson.read(MAPPER.readTree(json), type);
    } catch (JsonProcessingException e) {
      throw malformed(e);
    }
  }

  /**
   * Reads a request or a message from UTF-8.
   *
   * @see #read(String, Class)
   */
  public static <T> T read(byte[] json, Class<T> type) {
    try {
      return RequestJson.read(MAPPER.readTree(json), type);
    } catch (IOException e) {
      throw malformed(e);
    }
  }

  private static InvalidRequestException malformed(IOException cause) {
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
        "body", "expected JSON, found an error" + where + ": " + what);
  }
}
