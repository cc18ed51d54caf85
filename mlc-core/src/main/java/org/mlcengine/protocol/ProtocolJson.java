package org.mlcengine.protocol;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.Map;
import java.util.function.Function;
import org.mlcengine.errors.InvalidReplyException;
import org.mlcengine.errors.InvalidRequestException;

/** The JSON of requests and replies, with OpenAI's field names. */
public final class ProtocolJson {
  private static final Map<Class<?>, Function<JsonNode, ?>> REQUESTS =
      Map.of(
          ChatCompletionCreateParams.class, ChatFields::read,
          CompletionCreateParams.class, CompletionFields::read,
          EmbeddingCreateParams.class, EmbeddingFields::read,
          ChatMessage.class, json -> MessageFields.read("", json));

  private static final Map<Class<?>, Function<JsonNode, ?>> REPLIES =
      Map.of(
          ChatCompletion.class, ReplyReader::chat,
          ChatCompletionChunk.class, ReplyReader::chunk,
          Completion.class, ReplyReader::completion,
          EmbeddingResponse.class, EmbeddingJson::read,
          Usage.class, ReplyReader::usage);

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
          case EmbeddingCreateParams params -> EmbeddingJson.write(params);
          case ChatMessage message -> RequestJson.write(message);
          case ChatCompletion completion -> ResponseJson.write(completion);
          case ChatCompletionChunk chunk -> ResponseJson.write(chunk);
          case Completion completion -> ResponseJson.write(completion);
          case EmbeddingResponse reply -> EmbeddingJson.write(reply);
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
   * Reads a request, a message, a reply, a chunk or a usage.
   *
   * <p>A request is read strictly: what is not known is refused. A reply may have more than its
   * type holds, as other servers' replies do.
   *
   * @param type one of {@link ChatCompletionCreateParams}, {@link CompletionCreateParams}, {@link
   *     EmbeddingCreateParams}, {@link ChatMessage}, {@link ChatCompletion}, {@link
   *     ChatCompletionChunk}, {@link Completion}, {@link EmbeddingResponse} and {@link Usage}
   * @throws InvalidRequestException if the text of a request or a message is not JSON (the
   *     parameter is then {@code body}), a value has another type or is out of its range, or a
   *     field is not supported; the parameter is the path of the field, for instance {@code
   *     messages[0].content}
   * @throws InvalidReplyException if the text of a reply is not JSON, lacks something or has a
   *     value of another type
   * @throws IllegalArgumentException if the type is another one
   */
  public static <T> T read(String json, Class<T> type) {
    return read(() -> JsonTexts.MAPPER.readTree(json), type);
  }

  /**
   * Reads a request, a message, a reply, a chunk or a usage from UTF-8.
   *
   * @see #read(String, Class)
   */
  public static <T> T read(byte[] json, Class<T> type) {
    return read(() -> JsonTexts.MAPPER.readTree(json), type);
  }

  private static <T> T read(Source source, Class<T> type) {
    Function<JsonNode, ?> request = REQUESTS.get(type);
    if (request != null) {
      return type.cast(request.apply(source.tree()));
    }
    Function<JsonNode, ?> reply = REPLIES.get(type);
    if (reply == null) {
      throw new IllegalArgumentException("Expected a type that has JSON, found " + type.getName());
    }
    try {
      return type.cast(reply.apply(source.tree()));
    } catch (InvalidRequestException e) {
      throw new InvalidReplyException("The reply is not as the API has it: " + e.getMessage(), e);
    }
  }

  /** Where JSON comes from. */
  private interface Source {
    JsonNode parse() throws IOException;

    default JsonNode tree() {
      try {
        return parse();
      } catch (IOException e) {
        throw JsonTexts.malformed("body", e);
      }
    }
  }
}
