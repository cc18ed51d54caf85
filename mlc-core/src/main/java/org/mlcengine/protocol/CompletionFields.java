package org.mlcengine.protocol;

import static org.mlcengine.protocol.RequestField.honoured;
import static org.mlcengine.protocol.RequestField.refused;
import static org.mlcengine.protocol.RequestField.replaced;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.mlcengine.errors.InvalidRequestException;

/** Fields of a text completion request. */
final class CompletionFields {
  private static final String PROMPT = "a string or a list of token ids";

  static final Map<String, RequestField<CompletionCreateParams.Builder>> TABLE =
      RequestField.table(
          own(),
          SamplingFields.drawing(),
          SamplingFields.ending(),
          SamplingFields.terms(),
          absent(),
          SamplingFields.renamed());

  private CompletionFields() {}

  static CompletionCreateParams read(JsonNode json) {
    CompletionCreateParams.Builder builder = CompletionCreateParams.builder();
    new Fields(json, "").read(TABLE, builder);
    return builder.build();
  }

  private static List<RequestField<CompletionCreateParams.Builder>> own() {
    return List.of(
        honoured(
            "prompt",
            "string, list of token ids, or a list of one of these",
            "required",
            "[\"a\",\"b\"]",
            (f, b) -> f.value("prompt").ifPresent(v -> readPrompt(v, b))),
        honoured(
            "echo",
            "boolean; whether the text begins with the prompt; not `true` with `logprobs`, since the"
                + " probabilities of the prompt's tokens are not computed",
            "false",
            (f, b) -> f.flag("echo").ifPresent(b::echo)),
        honoured(
            "logprobs",
            "integer from 0 to 5; not with `echo`",
            "none",
            (f, b) -> f.integer("logprobs").ifPresent(b::logprobs)),
        honoured("best_of", "1, or the value of `n`", "`n`", "2", CompletionFields::readBestOf));
  }

  private static List<RequestField<CompletionCreateParams.Builder>> absent() {
    return List.of(
        refused("suffix", "\"a\"", "the model continues a text, it does not fill gaps"),
        replaced("max_completion_tokens", "5", "max_tokens"),
        replaced("top_logprobs", "2", "logprobs, which is a number here"),
        replaced("messages", "[]", "prompt, or chat completions"),
        refused("tools", "[]", "only chat completions call functions"));
  }

  private static void readBestOf(Fields fields, CompletionCreateParams.Builder builder) {
    int n = fields.integer("n").orElse(1);
    fields
        .integer("best_of")
        .filter(value -> value != 1 && value != n)
        .ifPresent(
            value -> {
              throw new InvalidRequestException(
                  "best_of",
                  "expected 1 or the value of n, %d, found %d: all replies are returned; use n"
                      .formatted(n, value));
            });
  }

  private static void readPrompt(JsonNode json, CompletionCreateParams.Builder builder) {
    JsonNode prompt = json;
    if (json.isArray() && !json.isEmpty() && !json.get(0).isNumber()) {
      if (json.size() > 1) {
        throw new InvalidRequestException(
            "prompt",
            "expected one prompt, found a list of %d; send a request for each"
                .formatted(json.size()));
      }
      prompt = json.get(0);
    }
    if (prompt.isTextual()) {
      builder.prompt(prompt.textValue());
      return;
    }
    builder.promptTokens(
        Fields.items("prompt", prompt, PROMPT, Fields::integer).stream()
            .mapToInt(Integer::intValue)
            .toArray());
  }
}
