package org.mlcengine.sampling;

import java.util.Map;
import org.mlcengine.errors.InvalidRequestException;

/**
 * How a token is drawn, in the order in which {@link Sampler} applies it.
 *
 * @param temperature divides the logits, at least 0; at most {@value #GREEDY_TEMPERATURE} takes the
 *     largest one
 * @param topK how many of the most probable tokens to draw from, those that are as probable as the
 *     last of them included; 0 or -1 for all
 * @param minP the least probability to draw, 0 to 1, as a share of the most probable token's; 0 for
 *     all
 * @param topP the probability mass to draw from, 0 to 1, as a share of what top-k and min-p left; 1
 *     for all
 * @param presencePenalty taken from the logit of each token that was generated before, -2 to 2
 * @param frequencyPenalty taken from a token's logit each time that it was generated, -2 to 2
 * @param repetitionPenalty divides a generated token's positive logit and multiplies a negative
 *     one, above 0
 * @param logitBias added to the logits of single token ids, -100 to 100
 */
public record SamplingParams(
    double temperature,
    int topK,
    double minP,
    double topP,
    double presencePenalty,
    double frequencyPenalty,
    double repetitionPenalty,
    Map<Integer, Double> logitBias) {

  static final double GREEDY_TEMPERATURE = 1e-5;
  private static final double MAX_PENALTY = 2;
  private static final double MAX_BIAS = 100;

  /**
   * Copies the map.
   *
   * @throws InvalidRequestException if a value is out of its range; its parameter is the field's
   *     name in a request, for instance {@code top_k}
   */
  public SamplingParams {
    check(
        "temperature",
        temperature,
        Double.isFinite(temperature) && temperature >= 0,
        "a finite number of at least 0");
    check("top_k", topK, topK >= -1, "a count of at least 1, or 0 or -1 for all tokens");
    checkRange("min_p", minP, 0, 1);
    checkRange("top_p", topP, 0, 1);
    checkRange("presence_penalty", presencePenalty, -MAX_PENALTY, MAX_PENALTY);
    checkRange("frequency_penalty", frequencyPenalty, -MAX_PENALTY, MAX_PENALTY);
    check(
        "repetition_penalty",
        repetitionPenalty,
        Double.isFinite(repetitionPenalty) && repetitionPenalty > 0,
        "a finite number above 0 (1 changes nothing)");
    logitBias = Map.copyOf(logitBias);
    logitBias.forEach((id, bias) -> checkRange("logit_bias." + id, bias, -MAX_BIAS, MAX_BIAS));
  }

  /** Creates parameters of temperature and top-p alone. */
  public SamplingParams(double temperature, double topP) {
    this(temperature, 0, 0, topP, 0, 0, 1, Map.of());
  }

  boolean greedy() {
    return temperature <= GREEDY_TEMPERATURE;
  }

  boolean penalizes() {
    return presencePenalty != 0 || frequencyPenalty != 0 || repetitionPenalty != 1;
  }

  boolean cuts() {
    return topK > 0 || minP > 0 || topP < 1;
  }

  private static void checkRange(String name, double value, double min, double max) {
    check(name, value, value >= min && value <= max, "a number from %s to %s".formatted(min, max));
  }

  private static void check(String name, Number value, boolean right, String expected) {
    if (!right) {
      throw new InvalidRequestException(name, "expected " + expected + ", found " + value);
    }
  }
}
