package org.mlcengine.session;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.protocol.ProtocolJson;

/** The facts of a session's file as JSON. */
final class FactsJson {
  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxStringLength(RecordType.FACTS.mostBytes())
                          .maxNestingDepth(20)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private FactsJson() {}

  static byte[] write(SessionFacts facts) throws IOException {
    ObjectNode json = MAPPER.createObjectNode().put("id", facts.id());
    ArrayNode messages = json.putArray("messages");
    for (ChatMessage message : facts.messages()) {
      messages.add(MAPPER.readTree(ProtocolJson.write(message)));
    }
    facts.kv().ifPresent(kv -> write(kv, json.putObject("kv")));
    return MAPPER.writeValueAsBytes(json);
  }

  private static void write(SessionFacts.Kv kv, ObjectNode json) {
    json.put("fingerprint", kv.fingerprint());
    json.put("block_tokens", kv.blockTokens()).put("block_bytes", kv.blockBytes());
    ByteBuffer tokens = ByteBuffer.allocate(kv.tokens().length * Integer.BYTES);
    tokens.asIntBuffer().put(kv.tokens());
    json.put("tokens", tokens.array());
  }

  /**
   * Reads facts.
   *
   * @throws BrokenFileException if they are not as {@link #write} makes them
   */
  static SessionFacts read(byte[] bytes) throws BrokenFileException {
    try {
      JsonNode json = MAPPER.readTree(bytes);
      String id = json.path("id").asText();
      JsonNode kv = json.path("kv");
      return new SessionFacts(
          id,
          messages(json.path("messages")),
          kv.isMissingNode() ? Optional.empty() : Optional.of(kv(kv)));
    } catch (JsonProcessingException | InvalidRequestException e) {
      throw new BrokenFileException("facts of a session, found something else", e);
    } catch (IOException e) {
      throw new IllegalStateException("bytes are there", e);
    }
  }

  private static List<ChatMessage> messages(JsonNode json) {
    List<ChatMessage> messages = new ArrayList<>();
    for (JsonNode message : json) {
      messages.add(ProtocolJson.read(message.toString(), ChatMessage.class));
    }
    return messages.isEmpty()
        ? messages
        : ChatCompletionCreateParams.builder().messages(messages).build().messages();
  }

  private static SessionFacts.Kv kv(JsonNode json) throws BrokenFileException {
    int[] tokens = tokens(json.path("tokens"));
    int blockTokens = number(json.path("block_tokens"), 1);
    if (tokens.length == 0 || tokens.length % blockTokens != 0) {
      throw new BrokenFileException(
          "tokens in blocks of %d, found %d".formatted(blockTokens, tokens.length), null);
    }
    return new SessionFacts.Kv(
        json.path("fingerprint").asText(),
        tokens,
        blockTokens,
        number(json.path("block_bytes"), 1));
  }

  private static int[] tokens(JsonNode json) throws BrokenFileException {
    try {
      byte[] bytes = json.isTextual() ? json.binaryValue() : new byte[0];
      int[] tokens = new int[bytes.length / Integer.BYTES];
      ByteBuffer.wrap(bytes).asIntBuffer().get(tokens);
      return tokens;
    } catch (IOException e) {
      throw new BrokenFileException("tokens in base 64, found something else", e);
    }
  }

  private static int number(JsonNode json, int least) throws BrokenFileException {
    if (!json.isIntegralNumber() || !json.canConvertToInt() || json.intValue() < least) {
      throw new BrokenFileException(
          "a number of at least %d, found %s".formatted(least, json), null);
    }
    return json.intValue();
  }
}
