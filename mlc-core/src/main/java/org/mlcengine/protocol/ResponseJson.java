package org.mlcengine.protocol;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes the JSON of replies. */
final class ResponseJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private ResponseJson() {}

  static ObjectNode write(ChatCompletion reply) {
    ObjectNode json = head(reply.id(), "chat.completion", reply.created(), reply.model());
    ArrayNode choices = json.putArray("choices");
    for (ChatCompletion.Choice choice : reply.choices()) {
      ObjectNode item = choices.addObject().put("index", choice.index());
      item.set("message", RequestJson.write(choice.message()).putNull("refusal"));
      putLogprobs(item, choice.logprobs());
      item.put("finish_reason", choice.finishReason().value());
    }
    return tail(json, reply.systemFingerprint(), reply.usage());
  }

  static ObjectNode write(ChatCompletionChunk chunk) {
    ObjectNode json = head(chunk.id(), "chat.completion.chunk", chunk.created(), chunk.model());
    ArrayNode choices = json.putArray("choices");
    for (ChatCompletionChunk.Choice choice : chunk.choices()) {
      ObjectNode item = choices.addObject().put("index", choice.index());
      writeDelta(choice.delta(), item.putObject("delta"));
      putLogprobs(item, choice.logprobs());
      putReason(item, choice.finishReason());
    }
    return tail(json, chunk.systemFingerprint(), chunk.usage());
  }

  static ObjectNode write(Completion reply) {
    ObjectNode json = head(reply.id(), "text_completion", reply.created(), reply.model());
    ArrayNode choices = json.putArray("choices");
    for (Completion.Choice choice : reply.choices()) {
      ObjectNode item = choices.addObject().put("index", choice.index()).put("text", choice.text());
      item.set("logprobs", choice.logprobs().map(ResponseJson::write).orElse(null));
      putReason(item, choice.finishReason());
    }
    return tail(json, reply.systemFingerprint(), reply.usage());
  }

  static ObjectNode write(Usage usage) {
    ObjectNode json =
        NODES
            .objectNode()
            .put("prompt_tokens", usage.promptTokens())
            .put("completion_tokens", usage.completionTokens())
            .put("total_tokens", usage.totalTokens());
    if (usage.cachedTokens() > 0) {
      json.putObject("prompt_tokens_details").put("cached_tokens", usage.cachedTokens());
    }
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
        .put("jump_forward_tokens", metrics.jumpForwardTokens())
        .put("prefill_tokens_per_s", metrics.prefillTokensPerSecond())
        .put("decode_tokens_per_s", metrics.decodeTokensPerSecond())
        .put("end_to_end_latency_s", RequestMetrics.seconds(metrics.endToEndLatency()))
        .put("ttft_s", RequestMetrics.seconds(metrics.timeToFirstToken()))
        .put("inter_token_latency_s", metrics.interTokenLatencySeconds());
  }

  private static void writeDelta(ChatCompletionChunk.Delta delta, ObjectNode json) {
    delta.role().ifPresent(v -> json.put("role", v.value()));
    delta.content().ifPresent(v -> json.put("content", v));
    if (delta.toolCalls().isEmpty()) {
      return;
    }
    ArrayNode calls = json.putArray("tool_calls");
    for (ChatCompletionChunk.ToolCallDelta call : delta.toolCalls()) {
      ObjectNode item = calls.addObject().put("index", call.index());
      call.id().ifPresent(v -> item.put("id", v).put("type", "function"));
      ObjectNode function = item.putObject("function");
      call.name().ifPresent(v -> function.put("name", v));
      call.arguments().ifPresent(v -> function.put("arguments", v));
    }
  }

  private static void putLogprobs(ObjectNode item, Optional<Logprobs> logprobs) {
    if (logprobs.isEmpty()) {
      item.putNull("logprobs");
      return;
    }
    ObjectNode json = item.putObject("logprobs");
    ArrayNode content = json.putArray("content");
    for (Logprobs.TokenLogprob token : logprobs.get().content()) {
      ObjectNode entry = content.addObject();
      writeToken(entry, token.token(), token.logprob(), token.bytes());
      ArrayNode top = entry.putArray("top_logprobs");
      token
          .topLogprobs()
          .forEach(v -> writeToken(top.addObject(), v.token(), v.logprob(), v.bytes()));
    }
    json.putNull("refusal");
  }

  private static void writeToken(
      ObjectNode entry, String token, double logprob, List<Integer> bytes) {
    entry.put("token", token).put("logprob", logprob);
    if (bytes.isEmpty()) {
      entry.putNull("bytes");
    } else {
      bytes.forEach(entry.putArray("bytes")::add);
    }
  }

  private static ObjectNode write(CompletionLogprobs logprobs) {
    ObjectNode json = NODES.objectNode();
    logprobs.tokens().forEach(json.putArray("tokens")::add);
    ArrayNode values = json.putArray("token_logprobs");
    logprobs.tokenLogprobs().forEach(v -> values.add(v.isPresent() ? v.getAsDouble() : null));
    if (logprobs.topLogprobs().isEmpty()) {
      json.putNull("top_logprobs");
    } else {
      ArrayNode top = json.putArray("top_logprobs");
      logprobs.topLogprobs().forEach(v -> writeTop(top, v));
    }
    logprobs.textOffset().forEach(json.putArray("text_offset")::add);
    return json;
  }

  private static void writeTop(ArrayNode top, Map<String, Double> entries) {
    if (entries.isEmpty()) {
      top.addNull();
    } else {
      entries.forEach(top.addObject()::put);
    }
  }

  private static ObjectNode head(String id, String object, long created, String model) {
    return NODES
        .objectNode()
        .put("id", id)
        .put("object", object)
        .put("created", created)
        .put("model", model);
  }

  private static ObjectNode tail(ObjectNode json, String fingerprint, Optional<Usage> usage) {
    json.put("system_fingerprint", fingerprint);
    usage.ifPresent(v -> json.set("usage", write(v)));
    return json;
  }

  private static void putReason(ObjectNode item, Optional<FinishReason> reason) {
    item.put("finish_reason", reason.map(FinishReason::value).orElse(null));
  }
}
