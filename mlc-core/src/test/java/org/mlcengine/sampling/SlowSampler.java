package org.mlcengine.sampling;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The rules of sampling once more, written for sight and not for speed. */
final class SlowSampler {
  /** How far below top-p the mass of the kept tokens may stay. */
  static final double SLACK = 1e-5;

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

  /** Returns each token's chance. */
  double[] chances(float[] logits, @Nullable BitSet allowed) {
    return chances(logits, allowed, SLACK, 0);
  }

  /**
   * Returns each token's chance, with borders a little off.
   *
   * @param slack how far below top-p the mass of the kept tokens may stay
   * @param blur by which share the borders lie lower; only that of min-p may lie higher
   */
  double[] chances(float[] logits, @Nullable BitSet allowed, double slack, double blur) {
    double[] chances = softmax(adjusted(logits, allowed), params.temperature());
    if (params.topK() > 0 && params.topK() < vocabSize) {
      double[] sorted = descending(chances);
      drop(chances, sorted[params.topK() - 1] * (1 - Math.abs(blur)));
    }
    drop(chances, params.minP() * descending(chances)[0] * (1 - blur));
    normalize(chances);
    if (params.topP() < 1) {
      drop(chances, boundary(chances, params.topP() - slack) * (1 - Math.abs(blur)));
    }
    normalize(chances);
    return chances;
  }

  /** Returns the softmax at a temperature of 1, without any cut. */
  double[] plainChances(float[] logits, @Nullable BitSet allowed) {
    return softmax(adjusted(logits, allowed), 1);
  }

  private float[] adjusted(float[] logits, @Nullable BitSet allowed) {
    float[] row = Arrays.copyOf(logits, vocabSize);
    params.logitBias().forEach((id, bias) -> row[id] += bias.floatValue());
    generated.forEach(
        (id, count) -> {
          float l = row[id];
          l -= (float) params.presencePenalty() + count * (float) params.frequencyPenalty();
          float repetition = (float) params.repetitionPenalty();
          row[id] = l < 0 ? l * repetition : l / repetition;
        });
    for (int i = 0; i < vocabSize; i++) {
      if (allowed != null && !allowed.get(i)) {
        row[i] = Float.NEGATIVE_INFINITY;
      }
    }
    return row;
  }

  private static double[] softmax(float[] logits, double temperature) {
    double max = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      max = Math.max(max, logit);
    }
    double[] chances = new double[logits.length];
    for (int i = 0; i < logits.length; i++) {
      chances[i] = Math.exp((logits[i] - max) / temperature);
    }
    normalize(chances);
    return chances;
  }

  private static double boundary(double[] chances, double wanted) {
    double mass = 0;
    for (double chance : descending(chances)) {
      mass += chance;
      if (mass >= wanted) {
        return chance;
      }
    }
    return 0;
  }

  private static double[] descending(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    for (int i = 0; i < sorted.length / 2; i++) {
      double value = sorted[i];
      sorted[i] = sorted[sorted.length - 1 - i];
      sorted[sorted.length - 1 - i] = value;
    }
    return sorted;
  }

  private static void drop(double[] chances, double least) {
    for (int i = 0; i < chances.length; i++) {
      chances[i] = chances[i] >= least ? chances[i] : 0;
    }
  }

  private static void normalize(double[] values) {
    double sum = Arrays.stream(values).sum();
    for (int i = 0; i < values.length; i++) {
      values[i] /= sum;
    }
  }
}
