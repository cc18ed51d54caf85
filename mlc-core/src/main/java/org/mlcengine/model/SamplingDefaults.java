package org.mlcengine.model;

/**
 * What a model folder proposes for requests that set nothing.
 *
 * @param temperature 0 or more; 0 is greedy
 * @param topP 0 to 1
 * @param presencePenalty -2 to 2
 * @param frequencyPenalty -2 to 2
 * @param repetitionPenalty above 0; MLC's own engine does not apply this default
 */
public record SamplingDefaults(
    double temperature,
    double topP,
    double presencePenalty,
    double frequencyPenalty,
    double repetitionPenalty) {
  static SamplingDefaults read(JsonObject config) {
    return new SamplingDefaults(
        config.decimal("temperature", 1, 0, 100),
        config.decimal("top_p", 1, 0, 1),
        config.decimal("presence_penalty", 0, -2, 2),
        config.decimal("frequency_penalty", 0, -2, 2),
        config.decimal("repetition_penalty", 1, Double.MIN_VALUE, 100));
  }
}
