package org.mlcengine.protocol;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.List;

/** Writes the JSON of requests. */
final class RequestJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private RequestJson() {}

  static ObjectNode write(GenerationParams params) {
    ObjectNode json = NODES.objectNode();
    params.model().ifPresent(v -> json.put("model", v));
    switch (params) {
      case ChatCompletionCreateParams chat -> writeChat(chat, json);
      case CompletionCreateParams text -> {
        text.prompt().ifPresent(v -> json.put("prompt", v));
        text.promptTokens().ifPresent(v -> Arrays.stream(v).forEach(json.putArray("prompt")::add));
        text.logprobs().ifPresent(v -> json.put("logprobs", v));
        if (text.echo()) {
          json.put("echo", true);
        }
      }
    }
    writeSampling(params, json);
    return json;
  }

  static ObjectNode write(ChatMessage message) {
    ObjectNode json = NODES.objectNode().put("role", message.role().value());
    switch (message.parts().size()) {
      case 0 -> json.putNull("content");
      case 1 -> json.put("content", message.parts().getFirst());
      default -> {
        ArrayNode parts = json.putArray("content");
        message.parts().forEach(v -> parts.addObject().put("type", "text").put("text", v));
      }
    }
    message.name().ifPresent(v -> json.put("name", v));
    if (!message.toolCalls().isEmpty()) {
      ArrayNode calls = json.putArray("tool_calls");
      message.toolCalls().forEach(v -> calls.add(write(v)));
    }
    message.toolCallId().ifPresent(v -> json.put("tool_call_id", v));
    return json;
  }

  static ObjectNode write(ToolCall call) {
    ObjectNode json = NODES.objectNode().put("id", call.id()).put("type", "function");
    json.putObject("function")
        .put("name", call.function().name())
        .put("arguments", call.function().arguments());
    return json;
  }

  static ObjectNode write(Tool tool) {
    ObjectNode json = NODES.objectNode().put("type", "function");
    FunctionDefinition function = tool.function();
    ObjectNode inner = json.putObject("function").put("name", function.name());
    function.description().ifPresent(v -> inner.put("description", v));
    function.parameters().ifPresent(v -> inner.set("parameters", JsonTexts.tree(v)));
    if (function.strict()) {
      inner.put("strict", true);
    }
    return json;
  }

  static ObjectNode write(ResponseFormat format) {
    ObjectNode json = NODES.objectNode();
    switch (format) {
      case ResponseFormat.Text text -> json.put("type", "text");
      case ResponseFormat.JsonObject object -> {
        json.put("type", "json_object");
        object.schema().ifPresent(v -> json.put("schema", v));
      }
      case ResponseFormat.JsonSchema schema -> {
        ObjectNode inner = json.put("type", "json_schema").putObject("json_schema");
        inner.put("name", schema.name());
        schema.description().ifPresent(v -> inner.put("description", v));
        schema.schema().ifPresent(v -> inner.set("schema", JsonTexts.tree(v)));
        if (schema.strict()) {
          inner.put("strict", true);
        }
      }
      case ResponseFormat.Regex(String pattern) ->
          json.put("type", "regex").put("pattern", pattern);
      case ResponseFormat.Ebnf(String grammar) ->
          json.put("type", "grammar").put("grammar", grammar);
      case ResponseFormat.StructuralTag(String tag) ->
          json.setAll((ObjectNode) JsonTexts.tree(tag));
    }
    return json;
  }

  private static void writeChat(ChatCompletionCreateParams chat, ObjectNode json) {
    ArrayNode messages = json.putArray("messages");
    chat.messages().forEach(message -> messages.add(write(message)));
    writeTools(chat.tools(), json);
    chat.toolChoiceGiven().ifPresent(v -> writeChoice(v, json));
    chat.parallelToolCallsGiven().ifPresent(v -> json.put("parallel_tool_calls", v));
    if (chat.logprobs()) {
      json.put("logprobs", true);
    }
    chat.topLogprobsGiven().ifPresent(v -> json.put("top_logprobs", v));
  }

  private static void writeTools(List<Tool> tools, ObjectNode json) {
    if (!tools.isEmpty()) {
      ArrayNode array = json.putArray("tools");
      tools.forEach(tool -> array.add(write(tool)));
    }
  }

  private static void writeChoice(ToolChoice choice, ObjectNode json) {
    switch (choice) {
      case ToolChoice.None none -> json.put("tool_choice", "none");
      case ToolChoice.Auto auto -> json.put("tool_choice", "auto");
      case ToolChoice.Required required -> json.put("tool_choice", "required");
      case ToolChoice.Named(String name) ->
          json.putObject("tool_choice")
              .put("type", "function")
              .putObject("function")
              .put("name", name);
    }
  }

  private static void writeSampling(GenerationParams params, ObjectNode json) {
    params.temperature().ifPresent(v -> json.put("temperature", v));
    params.topP().ifPresent(v -> json.put("top_p", v));
    params.topK().ifPresent(v -> json.put("top_k", v));
    params.minP().ifPresent(v -> json.put("min_p", v));
    params.presencePenalty().ifPresent(v -> json.put("presence_penalty", v));
    params.frequencyPenalty().ifPresent(v -> json.put("frequency_penalty", v));
    params.repetitionPenalty().ifPresent(v -> json.put("repetition_penalty", v));
    if (!params.logitBias().isEmpty()) {
      ObjectNode bias = json.putObject("logit_bias");
      params.logitBias().forEach((id, v) -> bias.put(id.toString(), v));
    }
    params.seed().ifPresent(v -> json.put("seed", v));
    params.maxTokens().ifPresent(v -> json.put("max_tokens", v));
    if (!params.stop().isEmpty()) {
      params.stop().forEach(json.putArray("stop")::add);
    }
    if (params.n() != 1) {
      json.put("n", params.n());
    }
    params.responseFormat().ifPresent(v -> json.set("response_format", write(v)));
    params.user().ifPresent(v -> json.put("user", v));
    params.cacheSalt().ifPresent(v -> json.put("cache_salt", v));
    if (params.priority() != 0) {
      json.put("priority", params.priority());
    }
    params.timeout().ifPresent(v -> json.put("timeout_s", v.toNanos() / 1e9));
    if (params.stream()) {
      json.put("stream", true);
    }
    if (params.includeUsage()) {
      json.putObject("stream_options").put("include_usage", true);
    }
    if (params.ignoreEos()) {
      json.putObject("debug_config").put("ignore_eos", true);
    }
  }
}
