package org.mlcengine.protocol;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;
import org.mlcengine.protocol.EmbeddingCreateParams.Input;
import org.mlcengine.protocol.EmbeddingCreateParams.Text;
import org.mlcengine.protocol.EmbeddingCreateParams.Tokens;
import org.mlcengine.protocol.EmbeddingResponse.Embedding;

/** Writes the JSON of requests for vectors and of their replies, and reads that of replies. */
final class EmbeddingJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final String VECTOR = "a list of numbers, or base64 of 32-bit floats";

  private EmbeddingJson() {}

  static ObjectNode write(EmbeddingCreateParams params) {
    ObjectNode json = NODES.objectNode();
    params.model().ifPresent(v -> json.put("model", v));
    if (params.inputs().size() == 1) {
      json.set("input", write(params.inputs().getFirst()));
    } else {
      ArrayNode inputs = json.putArray("input");
      params.inputs().forEach(input -> inputs.add(write(input)));
    }
    if (params.encodingFormat() != EmbeddingEncoding.FLOAT) {
      json.put("encoding_format", params.encodingFormat().value());
    }
    params.dimensions().ifPresent(v -> json.put("dimensions", v));
    params.user().ifPresent(v -> json.put("user", v));
    return json;
  }

  static ObjectNode write(EmbeddingResponse reply) {
    ObjectNode json = NODES.objectNode().put("object", "list");
    ArrayNode data = json.putArray("data");
    for (Embedding embedding : reply.data()) {
      ObjectNode item = data.addObject().put("object", "embedding").put("index", embedding.index());
      item.set("embedding", vector(embedding.vector(), reply.encoding()));
    }
    json.put("model", reply.model());
    json.putObject("usage")
        .put("prompt_tokens", reply.usage().promptTokens())
        .put("total_tokens", reply.usage().totalTokens());
    return json;
  }

  static EmbeddingResponse read(JsonNode json) {
    Fields fields = new Fields(json, "");
    List<Embedding> data =
        Fields.items(
            "data", fields.required("data"), "a list of embeddings", EmbeddingJson::embedding);
    JsonNode first = fields.required("data").path(0).path("embedding");
    return new EmbeddingResponse(
        fields.requiredText("model"),
        data,
        ReplyReader.usage("usage", fields.required("usage")),
        first.isTextual() ? EmbeddingEncoding.BASE64 : EmbeddingEncoding.FLOAT);
  }

  private static JsonNode write(Input input) {
    return switch (input) {
      case Text(String text) -> NODES.textNode(text);
      case Tokens(List<Integer> ids) -> {
        ArrayNode array = NODES.arrayNode(ids.size());
        ids.forEach(array::add);
        yield array;
      }
    };
  }

  private static JsonNode vector(float[] vector, EmbeddingEncoding encoding) {
    if (encoding == EmbeddingEncoding.BASE64) {
      ByteBuffer bytes = ByteBuffer.allocate(vector.length * Float.BYTES);
      bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(vector);
      return NODES.textNode(Base64.getEncoder().encodeToString(bytes.array()));
    }
    ArrayNode array = NODES.arrayNode(vector.length);
    for (float number : vector) {
      array.add(number);
    }
    return array;
  }

  private static Embedding embedding(String path, JsonNode json) {
    Fields fields = new Fields(json, path);
    JsonNode vector = fields.required("embedding");
    String place = fields.path("embedding");
    int index = Fields.integer(fields.path("index"), fields.required("index"));
    return new Embedding(
        index, vector.isTextual() ? decode(place, vector) : numbers(place, vector));
  }

  private static float[] numbers(String path, JsonNode json) {
    List<Double> numbers = Fields.items(path, json, VECTOR, Fields::number);
    float[] vector = new float[numbers.size()];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = numbers.get(i).floatValue();
    }
    return vector;
  }

  private static float[] decode(String path, JsonNode json) {
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(json.textValue());
    } catch (IllegalArgumentException e) {
      throw Fields.wrongType(path, VECTOR, json);
    }
    if (bytes.length % Float.BYTES != 0) {
      throw Fields.wrongType(path, VECTOR, json);
    }
    float[] vector = new float[bytes.length / Float.BYTES];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(vector);
    return vector;
  }
}
