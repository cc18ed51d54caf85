package org.mlcengine.protocol;

import static org.mlcengine.protocol.RequestField.fixed;
import static org.mlcengine.protocol.RequestField.honoured;
import static org.mlcengine.protocol.RequestField.refused;
import static org.mlcengine.protocol.RequestField.replaced;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.mlcengine.errors.InvalidRequestException;

/** Fields that chat and text completions have in common. */
final class SamplingFields {
  private static final String MODEL = "the model's";

  /** Fields of {@code stream_options}. */
  static final Map<String, RequestField<GenerationParams.Builder<?>>> STREAM_OPTIONS =
      RequestField.table(
          List.of(
              honoured(
                  "include_usage",
                  "boolean: a last chunk carries the usage",
                  "false",
                  (f, b) -> f.flag("include_usage").ifPresent(b::includeUsage)),
              fixed(
                  "include_obfuscation",
                  "false",
                  v -> v.isBoolean() && !v.booleanValue(),
                  "true",
                  "chunks are not padded")));

  /** Fields of {@code debug_config}, MLC's extension. */
  static final Map<String, RequestField<GenerationParams.Builder<?>>> DEBUG_CONFIG =
      RequestField.table(
          List.of(
              honoured(
                  "ignore_eos",
                  "boolean: stop strings and stop tokens are disregarded",
                  "false",
                  (f, b) -> f.flag("ignore_eos").ifPresent(b::ignoreEos)),
              fixed(
                  "pinned_system_prompt",
                  "false",
                  v -> v.isBoolean() && !v.booleanValue(),
                  "true",
                  "no prompt can be kept in the cache for good"),
              fixed(
                  "grammar_execution_mode",
                  "\"constraint\"",
                  v -> "constraint".equals(v.textValue()),
                  "\"jump_forward\"",
                  "each token of a form is drawn, none is skipped over"),
              refused(
                  "special_request",
                  "\"query_engine_metrics\"",
                  "a request always asks for a reply, and MLCEngine.metrics() has the engine's"
                      + " metrics"),
              refused("disagg_config", "{}", "prefill and decode run in one engine")));

  private SamplingFields() {}

  static <B extends GenerationParams.Builder<?>> List<RequestField<B>> drawing() {
    return List.of(
        honoured(
            "model",
            "string; the reply repeats it",
            "the name of the loaded model",
            (f, b) -> f.text("model").ifPresent(b::model)),
        honoured(
            "temperature",
            "number of at least 0; 0 takes the likeliest token",
            MODEL,
            (f, b) -> f.number("temperature").ifPresent(b::temperature)),
        honoured(
            "top_p", "number from 0 to 1", MODEL, (f, b) -> f.number("top_p").ifPresent(b::topP)),
        honoured(
            "top_k",
            "integer of at least 1, or 0 or -1 for all tokens; an extension",
            "all tokens",
            (f, b) -> f.integer("top_k").ifPresent(b::topK)),
        honoured(
            "min_p",
            "number from 0 to 1; an extension",
            "0",
            (f, b) -> f.number("min_p").ifPresent(b::minP)),
        honoured(
            "presence_penalty",
            "number from -2 to 2",
            MODEL,
            (f, b) -> f.number("presence_penalty").ifPresent(b::presencePenalty)),
        honoured(
            "frequency_penalty",
            "number from -2 to 2",
            MODEL,
            (f, b) -> f.number("frequency_penalty").ifPresent(b::frequencyPenalty)),
        honoured(
            "repetition_penalty",
            "number above 0; an extension",
            MODEL,
            (f, b) -> f.number("repetition_penalty").ifPresent(b::repetitionPenalty)),
        honoured(
            "logit_bias",
            "object of token ids and numbers from -100 to 100",
            "none",
            (f, b) -> f.value("logit_bias").map(SamplingFields::bias).ifPresent(b::logitBias)),
        honoured(
            "seed",
            "integer of 64 bits",
            "another one each time",
            (f, b) -> f.longInteger("seed").ifPresent(b::seed)));
  }

  static <B extends GenerationParams.Builder<?>> List<RequestField<B>> ending() {
    return List.of(
        honoured(
            "max_tokens",
            "integer of at least 1",
            "the end of the context",
            (f, b) -> f.integer("max_tokens").ifPresent(b::maxTokens)),
        honoured(
            "stop",
            "string, or list of strings, none of them empty",
            "only the model's own",
            (f, b) -> f.value("stop").map(SamplingFields::stop).ifPresent(b::stop)),
        honoured(
            "n",
            "integer from 1 to " + GenerationParams.MAX_N,
            "1",
            (f, b) -> f.integer("n").ifPresent(b::n)),
        honoured(
            "response_format",
            "object, see below",
            "text",
            (f, b) -> f.object("response_format").map(FormatFields::read).ifPresent(b::format)),
        honoured(
            "stream",
            "boolean; whether a server sends the reply in pieces",
            "false",
            (f, b) -> f.flag("stream").ifPresent(b::stream)),
        honoured(
            "stream_options",
            "object, see below; it needs `stream`",
            "none",
            SamplingFields::readStreamOptions),
        honoured(
            "ignore_eos",
            "boolean, the same as in `debug_config`; an extension",
            "false",
            SamplingFields::readIgnoreEos),
        honoured(
            "debug_config",
            "object, see below; MLC's extension",
            "none",
            (f, b) -> f.object("debug_config").ifPresent(inner -> inner.read(DEBUG_CONFIG, b))));
  }

  static <B extends GenerationParams.Builder<?>> List<RequestField<B>> terms() {
    return List.of(
        honoured(
            "user",
            "string; whom the request is made for: users share the engine evenly, and computed"
                + " prompts with nobody else",
            "none",
            (f, b) -> f.text("user").ifPresent(b::user)),
        honoured(
            "cache_salt",
            "string; only requests of equal salts share computed prompts; an extension",
            "the user",
            (f, b) -> f.text("cache_salt").ifPresent(b::cacheSalt)),
        honoured(
            "priority",
            "integer; the larger goes first where not all can run; an extension",
            "0",
            (f, b) -> f.integer("priority").ifPresent(b::priority)),
        honoured(
            "timeout_s",
            "number above 0: seconds until the request fails, waiting included; an extension",
            "no limit",
            (f, b) -> f.number("timeout_s").map(SamplingFields::seconds).ifPresent(b::timeout)));
  }

  /** Other engines' fields that ask for what this one has under another name. */
  static <B> List<RequestField<B>> renamed() {
    String format = "response_format of the type ";
    return List.of(
        replaced("guided_json", "{}", format + "json_schema"),
        replaced("guided_regex", "\"a+\"", format + "regex"),
        replaced("guided_choice", "[\"a\"]", format + "regex"),
        replaced("guided_grammar", "\"root ::= \\\"a\\\"\"", format + "grammar"),
        replaced(
            "structured_outputs", "{}", format + "json_schema, regex, grammar or structural_tag"),
        replaced("json_schema", "{}", format + "json_schema"),
        replaced("regex", "\"a+\"", format + "regex"),
        replaced("ebnf", "\"root ::= \\\"a\\\"\"", format + "grammar"),
        replaced("grammar", "\"root ::= \\\"a\\\"\"", format + "grammar"),
        replaced("n_predict", "5", "max_tokens"),
        replaced("repeat_penalty", "1.1", "repetition_penalty"));
  }

  private static void readStreamOptions(Fields fields, GenerationParams.Builder<?> builder) {
    fields
        .object("stream_options")
        .ifPresent(
            inner -> {
              if (!fields.flag("stream").orElse(false)) {
                throw new InvalidRequestException(
                    fields.path("stream_options"),
                    "expected it only in a request whose stream is true; leave it out");
              }
              inner.read(STREAM_OPTIONS, builder);
            });
  }

  private static void readIgnoreEos(Fields fields, GenerationParams.Builder<?> builder) {
    fields
        .flag("ignore_eos")
        .ifPresent(
            value -> {
              boolean other =
                  fields
                      .object("debug_config")
                      .flatMap(inner -> inner.flag("ignore_eos"))
                      .orElse(value);
              if (other != value) {
                throw new InvalidRequestException(
                    fields.path("ignore_eos"),
                    "expected the value of debug_config.ignore_eos, %s, found %s; leave one out"
                        .formatted(other, value));
              }
              builder.ignoreEos(value);
            });
  }

  private static Duration seconds(double seconds) {
    return Duration.ofNanos((long) Math.min(seconds * 1e9, Long.MAX_VALUE / 4));
  }

  private static Map<Integer, Double> bias(JsonNode json) {
    if (!json.isObject()) {
      throw Fields.wrongType("logit_bias", "an object of token ids and numbers", json);
    }
    Map<Integer, Double> bias = new TreeMap<>();
    json.fields()
        .forEachRemaining(
            entry -> {
              int id = tokenId(entry.getKey());
              String path = "logit_bias." + id;
              if (bias.put(id, Fields.number(path, entry.getValue())) != null) {
                throw new InvalidRequestException(
                    path, "expected each token id once, found it again as " + entry.getKey());
              }
            });
    return bias;
  }

  private static int tokenId(String key) {
    try {
      return Integer.parseInt(key);
    } catch (NumberFormatException e) {
      String shown = key.length() > 20 ? key.substring(0, 20) + "..." : key;
      throw new InvalidRequestException(
          "logit_bias." + shown, "expected a token id as key, found \"" + shown + "\"");
    }
  }

  private static List<String> stop(JsonNode json) {
    return json.isTextual()
        ? List.of(json.textValue())
        : Fields.items("stop", json, "a string or a list of strings", Fields::text);
  }
}
