package org.mlcengine.sampling;

import java.util.Map;

/**
 * How a token is drawn. The values are in the ranges that a request's parameters have.
 *
 * @param temperature divides the logits; at most {@value #GREEDY_TEMPERATURE} takes the largest one
 * @param topP the probability mass to draw from, 0 to 1
 * @param presencePenalty taken from the logit of each token that was generated before
 * @param frequencyPenalty taken from a token's logit each time that it was generated
 * @param repetitionPenalty divides a generated token's positive logit and multiplies a negative one
 * @param logitBias added to the logits of single token ids
 */
public record SamplingParams(
    double temperature,
    double topP,
    double presencePenalty,
    double frequencyPenalty,
    double repetitionPenalty,
    Map<Integer, Double> logitBias) {

  static final double GREEDY_TEMPERATURE = 1e-5;

  /** Copies the map. */
  public SamplingParams {
    logitBias = Map.copyOf(logitBias);
  }

  /** Creates parameters without penalties and bias. */
  public SamplingParams(double temperature, double topP) {
    this(temperature, topP, 0, 0, 1, Map.of());
  }

  boolean greedy() {
    return temperature <= GREEDY_TEMPERATURE;
  }

  boolean penalizes() {
    return presencePenalty != 0 || frequencyPenalty != 0 || repetitionPenalty != 1;
  }
}
