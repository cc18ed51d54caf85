package org.mlcengine.protocol;

import static org.mlcengine.protocol.RequestField.fixed;
import static org.mlcengine.protocol.RequestField.honoured;
import static org.mlcengine.protocol.RequestField.refused;
import static org.mlcengine.protocol.RequestField.replaced;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mlcengine.errors.InvalidRequestException;

/** Fields of a chat request. */
final class ChatFields {
  private static final String TEXT_ONLY = "the model reads and writes text only";
  private static final String NOTHING_KEPT = "no reply is kept after it was given";

  static final Map<String, RequestField<ChatCompletionCreateParams.Builder>> TABLE =
      RequestField.table(
          own(),
          SamplingFields.drawing(),
          SamplingFields.ending(),
          SamplingFields.terms(),
          of(),
          absent(),
          SamplingFields.renamed());

  private ChatFields() {}

  static ChatCompletionCreateParams read(JsonNode json) {
    ChatCompletionCreateParams.Builder builder = ChatCompletionCreateParams.builder();
    new Fields(json, "").read(TABLE, builder);
    return builder.build();
  }

  private static List<RequestField<ChatCompletionCreateParams.Builder>> own() {
    return List.of(
        honoured(
            "messages",
            "list of at least one message, see below",
            "required",
            (f, b) -> b.messages(f.items("messages", "a list of messages", MessageFields::read))),
        honoured(
            "tools",
            "list of functions, see below",
            "none",
            (f, b) -> b.tools(f.items("tools", "a list of tools", ToolFields::read))),
        honoured(
            "tool_choice",
            "\"none\", \"auto\", \"required\", or an object that names a function, see below",
            "\"auto\" with tools, otherwise \"none\"",
            (f, b) -> f.value("tool_choice").map(ToolFields::readChoice).ifPresent(b::toolChoice)),
        honoured(
            "parallel_tool_calls",
            "boolean; whether a reply may call several functions",
            "true",
            (f, b) -> f.flag("parallel_tool_calls").ifPresent(b::parallelToolCalls)),
        honoured(
            "logprobs", "boolean", "false", (f, b) -> f.flag("logprobs").ifPresent(b::logprobs)),
        honoured(
            "top_logprobs",
            "integer from 0 to 20; above 0 it needs `logprobs`",
            "0",
            (f, b) -> f.integer("top_logprobs").ifPresent(b::topLogprobs)),
        honoured(
            "max_completion_tokens",
            "integer of at least 1, the newer name of `max_tokens`",
            "the end of the context",
            ChatFields::readNewerLimit));
  }

  private static List<RequestField<ChatCompletionCreateParams.Builder>> of() {
    return List.of(
        fixed("store", "false", ChatFields::isFalse, "true", NOTHING_KEPT),
        fixed(
            "metadata",
            "an empty object",
            ChatFields::isEmptyObject,
            "{\"a\":\"b\"}",
            NOTHING_KEPT),
        fixed(
            "service_tier",
            "\"auto\" or \"default\"",
            v -> isOneOf(v, Set.of("auto", "default")),
            "\"flex\"",
            "all requests are served alike"),
        fixed(
            "modalities",
            "[\"text\"]",
            v -> v.isArray() && v.size() == 1 && isOneOf(v.get(0), Set.of("text")),
            "[\"text\",\"audio\"]",
            TEXT_ONLY),
        fixed(
            "verbosity",
            "\"medium\"",
            v -> isOneOf(v, Set.of("medium")),
            "\"low\"",
            "a reply is as long as the messages ask"));
  }

  private static List<RequestField<ChatCompletionCreateParams.Builder>> absent() {
    return List.of(
        replaced("functions", "[{\"name\":\"f\"}]", "tools, its newer form"),
        replaced("function_call", "\"auto\"", "tool_choice, its newer form"),
        refused("audio", "{\"voice\":\"alloy\",\"format\":\"wav\"}", TEXT_ONLY),
        refused(
            "prediction",
            "{\"type\":\"content\",\"content\":\"a\"}",
            "a predicted reply would not be used"),
        refused("web_search_options", "{}", "the engine does not search, though a tool may"),
        refused(
            "reasoning_effort",
            "\"low\"",
            "how long a model thinks is up to its conversation template"),
        refused("prompt_cache_key", "\"a\"", "equal beginnings of prompts need no key to be found"),
        refused(
            "prompt_cache_retention", "\"24h\"", "how long prompts are kept is up to the engine"),
        refused("safety_identifier", "\"a\"", "nobody is reported to, and user names the caller"),
        refused("echo", "true", "a chat reply never repeats its prompt"),
        replaced("best_of", "2", "n; all replies are returned"),
        refused("chat_template", "\"a\"", "the model's own conversation template is used"),
        refused(
            "chat_template_kwargs",
            "{\"enable_thinking\":false}",
            "conversation templates take no parameters"));
  }

  private static void readNewerLimit(Fields fields, ChatCompletionCreateParams.Builder builder) {
    String name = "max_completion_tokens";
    Optional<Integer> older = fields.integer("max_tokens");
    Optional<Integer> newer = fields.integer(name);
    if (older.isPresent() && newer.isPresent() && !older.equals(newer)) {
      throw new InvalidRequestException(
          name,
          "expected the value of max_tokens, %d, found %d; leave one of the two out"
              .formatted(older.get(), newer.get()));
    }
    newer.map(v -> Checks.atLeastOne(name, v)).ifPresent(builder::maxCompletionTokens);
  }

  private static boolean isFalse(JsonNode value) {
    return value.isBoolean() && !value.booleanValue();
  }

  private static boolean isEmptyObject(JsonNode value) {
    return value.isObject() && value.isEmpty();
  }

  private static boolean isOneOf(JsonNode value, Set<String> texts) {
    return value.isTextual() && texts.contains(value.textValue());
  }
}
