package org.mlcengine.protocol;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import org.mlcengine.errors.InvalidRequestException;

/** Reads the JSON of replies. Fields that are not known are left aside. */
final class ReplyReader {
  private static final String CHOICES = "a list of choices";
  private static final String LIST = "a list";
  private static final double MAX_SECONDS = Long.MAX_VALUE / 1e9;

  private ReplyReader() {}

  static ChatCompletion chat(JsonNode json) {
    Fields fields = new Fields(json, "");
    return new ChatCompletion(
        fields.requiredText("id"),
        created(fields),
        fields.requiredText("model"),
        requiredItems(fields, "choices", CHOICES, ReplyReader::choice),
        usage(fields),
        fields.text("system_fingerprint").orElse(""));
  }

  static ChatCompletionChunk chunk(JsonNode json) {
    Fields fields = new Fields(json, "");
    return new ChatCompletionChunk(
        fields.requiredText("id"),
        created(fields),
        fields.requiredText("model"),
        requiredItems(fields, "choices", CHOICES, ReplyReader::addition),
        usage(fields),
        fields.text("system_fingerprint").orElse(""));
  }

  static Completion completion(JsonNode json) {
    Fields fields = new Fields(json, "");
    return new Completion(
        fields.requiredText("id"),
        created(fields),
        fields.requiredText("model"),
        requiredItems(fields, "choices", CHOICES, ReplyReader::piece),
        usage(fields),
        fields.text("system_fingerprint").orElse(""));
  }

  static Usage usage(JsonNode json) {
    return usage("", json);
  }

  static Usage usage(String path, JsonNode json) {
    Fields fields = new Fields(json, path);
    return new Usage(
        number(fields, "prompt_tokens"),
        fields.integer("completion_tokens").orElse(0),
        fields
            .object("prompt_tokens_details")
            .flatMap(details -> details.integer("cached_tokens"))
            .orElse(0),
        fields.object("extra").map(ReplyReader::metrics));
  }

  private static Optional<Usage> usage(Fields fields) {
    return fields.value("usage").map(v -> usage(fields.path("usage"), v));
  }

  private static RequestMetrics metrics(Fields fields) {
    return new RequestMetrics(
        number(fields, "prompt_tokens"),
        number(fields, "completion_tokens"),
        number(fields, "prefill_tokens"),
        number(fields, "decode_tokens"),
        fields.integer("jump_forward_tokens").orElse(0),
        seconds(fields, "ttft_s"),
        seconds(fields, "end_to_end_latency_s"));
  }

  private static Duration seconds(Fields fields, String name) {
    double value = Fields.number(fields.path(name), fields.required(name));
    if (!(value >= 0 && value < MAX_SECONDS)) {
      throw Fields.wrongType(fields.path(name), "seconds", fields.required(name));
    }
    return Duration.ofNanos(Math.round(value * 1e9));
  }

  private static ChatCompletion.Choice choice(String path, JsonNode json) {
    Fields fields = new Fields(json, path);
    return new ChatCompletion.Choice(
        number(fields, "index"),
        message(fields.requiredObject("message")),
        reason(fields)
            .orElseThrow(
                () ->
                    Fields.wrongType(
                        fields.path("finish_reason"),
                        "a string",
                        fields.required("finish_reason"))),
        logprobs(fields));
  }

  private static ChatMessage message(Fields fields) {
    Optional<String> content = fields.text("content").or(() -> fields.text("refusal"));
    return new ChatMessage(
        fields
            .value("role")
            .map(v -> MessageFields.role(fields.path("role"), v))
            .orElse(Role.ASSISTANT),
        content.stream().toList(),
        Optional.empty(),
        fields.items("tool_calls", LIST, ReplyReader::call),
        Optional.empty());
  }

  private static ToolCall call(String path, JsonNode json) {
    Fields fields = new Fields(json, path);
    Fields function = fields.requiredObject("function");
    return ToolCall.of(
        fields.requiredText("id"),
        function.requiredText("name"),
        function.requiredText("arguments"));
  }

  private static ChatCompletionChunk.Choice addition(String path, JsonNode json) {
    Fields fields = new Fields(json, path);
    Fields delta = fields.requiredObject("delta");
    return new ChatCompletionChunk.Choice(
        number(fields, "index"),
        new ChatCompletionChunk.Delta(
            delta.value("role").map(v -> MessageFields.role(delta.path("role"), v)),
            delta.text("content").or(() -> delta.text("refusal")),
            delta.items("tool_calls", LIST, ReplyReader::callAddition)),
        reason(fields),
        logprobs(fields));
  }

  private static ChatCompletionChunk.ToolCallDelta callAddition(String path, JsonNode json) {
    Fields fields = new Fields(json, path);
    Optional<Fields> function = fields.object("function");
    return new ChatCompletionChunk.ToolCallDelta(
        number(fields, "index"),
        fields.text("id"),
        function.flatMap(f -> f.text("name")),
        function.flatMap(f -> f.text("arguments")));
  }

  private static Completion.Choice piece(String path, JsonNode json) {
    Fields fields = new Fields(json, path);
    return new Completion.Choice(
        number(fields, "index"),
        fields.requiredText("text"),
        reason(fields),
        fields.object("logprobs").map(ReplyReader::completionLogprobs));
  }

  private static Optional<FinishReason> reason(Fields fields) {
    return fields
        .text("finish_reason")
        .map(
            text ->
                Arrays.stream(FinishReason.values())
                    .filter(reason -> reason.value().equals(text))
                    .findFirst()
                    .orElseThrow(
                        () ->
                            new InvalidRequestException(
                                fields.path("finish_reason"),
                                "expected one of %s, found \"%s\""
                                    .formatted(
                                        Arrays.stream(FinishReason.values())
                                            .map(FinishReason::value)
                                            .collect(Collectors.joining(", ")),
                                        text))));
  }

  private static Optional<Logprobs> logprobs(Fields fields) {
    return fields
        .object("logprobs")
        .map(inner -> new Logprobs(inner.items("content", LIST, ReplyReader::token)));
  }

  private static Logprobs.TokenLogprob token(String path, JsonNode json) {
    Fields fields = new Fields(json, path);
    return new Logprobs.TokenLogprob(
        fields.requiredText("token"),
        Fields.number(fields.path("logprob"), fields.required("logprob")),
        fields.items("bytes", LIST, ReplyReader::unsigned),
        fields.items("top_logprobs", LIST, ReplyReader::topToken));
  }

  private static Logprobs.TopLogprob topToken(String path, JsonNode json) {
    Fields fields = new Fields(json, path);
    return new Logprobs.TopLogprob(
        fields.requiredText("token"),
        Fields.number(fields.path("logprob"), fields.required("logprob")),
        fields.items("bytes", LIST, ReplyReader::unsigned));
  }

  private static int unsigned(String path, JsonNode json) {
    return Checks.inRange(path, Fields.integer(path, json), 0, 255);
  }

  private static CompletionLogprobs completionLogprobs(Fields fields) {
    try {
      return new CompletionLogprobs(
          requiredItems(fields, "tokens", LIST, Fields::text),
          requiredItems(fields, "token_logprobs", LIST, ReplyReader::logprob),
          fields.items("top_logprobs", LIST, ReplyReader::topLogprobs),
          requiredItems(fields, "text_offset", LIST, Fields::integer));
    } catch (IllegalArgumentException e) {
      throw new InvalidRequestException(fields.path("tokens"), String.valueOf(e.getMessage()));
    }
  }

  private static OptionalDouble logprob(String path, JsonNode json) {
    return json.isNull() ? OptionalDouble.empty() : OptionalDouble.of(Fields.number(path, json));
  }

  private static Map<String, Double> topLogprobs(String path, JsonNode json) {
    Map<String, Double> top = new LinkedHashMap<>();
    if (!json.isNull()) {
      new Fields(json, path);
      json.fields()
          .forEachRemaining(
              e -> top.put(e.getKey(), Fields.number(path + "." + e.getKey(), e.getValue())));
    }
    return top;
  }

  private static long created(Fields fields) {
    return fields
        .longInteger("created")
        .orElseThrow(
            () -> Fields.wrongType(fields.path("created"), "seconds", fields.required("created")));
  }

  private static int number(Fields fields, String name) {
    return Fields.integer(fields.path(name), fields.required(name));
  }

  private static <T> List<T> requiredItems(
      Fields fields, String name, String expected, BiFunction<String, JsonNode, T> reader) {
    return Fields.items(fields.path(name), fields.required(name), expected, reader);
  }
}
