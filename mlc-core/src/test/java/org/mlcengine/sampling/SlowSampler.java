package org.mlcengine.sampling;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The rules of sampling once more, written for sight and not for speed. */
final class SlowSampler {
  private final SamplingParams params;
  private final int vocabSize;
  private final Map<Integer, Integer> generated = new HashMap<>();

  SlowSampler(SamplingParams params, int vocabSize) {
    this.params = params;
    this.vocabSize = vocabSize;
  }

  void accept(int token) {
    generated.merge(token, 1, Integer::sum);
  }

  /** Returns the logits after bias and penalties. */
  float[] adjusted(float[] logits) {
    float[] row = logits.clone();
    params.logitBias().forEach((id, bias) -> row[id] += bias.floatValue());
    generated.forEach(
        (id, count) -> {
          float l = row[id];
          l -= (float) params.presencePenalty() + count * (float) params.frequencyPenalty();
          float repetition = (float) params.repetitionPenalty();
          row[id] = l < 0 ? l * repetition : l / repetition;
        });
    return row;
  }

  /**
   * Returns each token's chance.
   *
   * @param slack how far below top-p the mass of the kept tokens may stay
   */
  double[] chances(float[] logits, double slack) {
    float[] row = adjusted(logits);
    double max = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < vocabSize; i++) {
      max = Math.max(max, row[i]);
    }
    double[] chances = new double[vocabSize];
    for (int i = 0; i < vocabSize; i++) {
      chances[i] = Math.exp((row[i] - max) / params.temperature());
    }
    normalize(chances);
    if (params.topP() < 1) {
      double boundary = boundary(chances, params.topP() - slack);
      for (int i = 0; i < vocabSize; i++) {
        chances[i] = chances[i] >= boundary ? chances[i] : 0;
      }
      normalize(chances);
    }
    return chances;
  }

  private static double boundary(double[] chances, double wanted) {
    List<Double> sorted = new ArrayList<>();
    for (double chance : chances) {
      sorted.add(chance);
    }
    sorted.sort(Collections.reverseOrder());
    double mass = 0;
    for (double chance : sorted) {
      mass += chance;
      if (mass >= wanted) {
        return chance;
      }
    }
    return 0;
  }

  private static void normalize(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    for (int i = 0; i < values.length; i++) {
      values[i] /= sum;
    }
  }
}
