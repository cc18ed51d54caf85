package org.mlcengine.protocol;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/** The JSON of replies. */
final class ResponseJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private ResponseJson() {}

  static ObjectNode write(ChatCompletion reply) {
    ObjectNode json = head(reply.id(), "chat.completion", reply.created(), reply.model());
    ArrayNode choices = json.putArray("choices");
    for (ChatCompletion.Choice choice : reply.choices()) {
      ObjectNode item = choices.addObject().put("index", choice.index());
      item.set("message", RequestJson.write(choice.message()));
      item.put("finish_reason", choice.finishReason().value());
    }
    putUsage(json, reply.usage());
    return json;
  }

  static ObjectNode write(ChatCompletionChunk chunk) {
    ObjectNode json = head(chunk.id(), "chat.completion.chunk", chunk.created(), chunk.model());
    ArrayNode choices = json.putArray("choices");
    for (ChatCompletionChunk.Choice choice : chunk.choices()) {
      ObjectNode item = choices.addObject().put("index", choice.index());
      ObjectNode delta = item.putObject("delta");
      choice.delta().role().ifPresent(v -> delta.put("role", v.value()));
      choice.delta().content().ifPresent(v -> delta.put("content", v));
      putReason(item, choice.finishReason());
    }
    putUsage(json, chunk.usage());
    return json;
  }

  static ObjectNode write(Completion reply) {
    ObjectNode json = head(reply.id(), "text_completion", reply.created(), reply.model());
    ArrayNode choices = json.putArray("choices");
    for (Completion.Choice choice : reply.choices()) {
      ObjectNode item = choices.addObject().put("index", choice.index()).put("text", choice.text());
      putReason(item, choice.finishReason());
    }
    putUsage(json, reply.usage());
    return json;
  }

  static ObjectNode write(Usage usage) {
    ObjectNode json =
        NODES
            .objectNode()
            .put("prompt_tokens", usage.promptTokens())
            .put("completion_tokens", usage.completionTokens())
            .put("total_tokens", usage.totalTokens());
    usage.extra().ifPresent(v -> json.set("extra", write(v)));
    return json;
  }

  private static ObjectNode write(RequestMetrics metrics) {
    return NODES
        .objectNode()
        .put("prompt_tokens", metrics.promptTokens())
        .put("completion_tokens", metrics.completionTokens())
        .put("prefill_tokens", metrics.prefillTokens())
        .put("decode_tokens", metrics.decodeTokens())
        .put("prefill_tokens_per_s", metrics.prefillTokensPerSecond())
        .put("decode_tokens_per_s", metrics.decodeTokensPerSecond())
        .put("end_to_end_latency_s", RequestMetrics.seconds(metrics.endToEndLatency()))
        .put("ttft_s", RequestMetrics.seconds(metrics.timeToFirstToken()))
        .put("inter_token_latency_s", metrics.interTokenLatencySeconds());
  }

  private static ObjectNode head(String id, String object, long created, String model) {
    return NODES
        .objectNode()
        .put("id", id)
        .put("object", object)
        .put("created", created)
        .put("model", model);
  }

  private static void putReason(ObjectNode item, Optional<FinishReason> reason) {
    item.put("finish_reason", reason.map(FinishReason::value).orElse(null));
  }

  private static void putUsage(ObjectNode json, Optional<Usage> usage) {
    usage.ifPresent(v -> json.set("usage", write(v)));
  }
}
