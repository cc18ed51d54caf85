package org.mlcengine.sampling;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Objects;
import org.mlcengine.errors.EngineFailedException;
import org.mlcengine.errors.InvalidRequestException;

/**
 * Draws the tokens of one sequence, in the steps and with the numbers of MLC's CPU sampler: bias,
 * penalties over the tokens generated so far, softmax with temperature, top-p with ties kept, and
 * one uniform number that picks from the cumulative sum in the order of token ids. A greedy draw
 * takes the first of several largest logits, and uses up its number too. Keeps its buffers: a draw
 * allocates nothing once they are large enough. Not safe for use by several threads at once.
 */
public final class Sampler {
  private final SamplingParams params;
  private final int vocabSize;
  private final Mt19937 random;
  private final int[] biasIds;
  private final float[] biases;
  private final TokenCounts generated = new TokenCounts();
  private final Exponentials exponentials = new Exponentials();
  private final Nucleus nucleus = new Nucleus();

  /**
   * Creates a sampler for one sequence.
   *
   * @param vocabSize ids from this one on, padding of the model's output, are never drawn
   * @param random the sequence's own numbers; a seeded one repeats its draws
   * @throws InvalidRequestException if the bias names an id outside the vocabulary
   */
  public Sampler(SamplingParams params, int vocabSize, Mt19937 random) {
    this.params = params;
    this.vocabSize = vocabSize;
    this.random = random;
    biasIds = new int[params.logitBias().size()];
    biases = new float[biasIds.length];
    int i = 0;
    for (Map.Entry<Integer, Double> entry : params.logitBias().entrySet()) {
      if (entry.getKey() < 0 || entry.getKey() >= vocabSize) {
        throw new InvalidRequestException(
            "logit_bias",
            "expected token ids from 0 to %d, found %d".formatted(vocabSize - 1, entry.getKey()));
      }
      biasIds[i] = entry.getKey();
      biases[i++] = entry.getValue().floatValue();
    }
  }

  /**
   * Draws the next token. Does not count it: {@link #accept} does.
   *
   * @param logits float32, at least the vocabulary's size; overwritten
   * @return an id below the vocabulary's size
   * @throws EngineFailedException if a logit is NaN, or all are negative infinity
   * @throws IllegalArgumentException if there are fewer logits than the vocabulary has tokens
   */
  public int sample(MemorySegment logits) {
    if (logits.byteSize() < 4L * vocabSize) {
      throw new IllegalArgumentException(
          "Expected at least %d float32 logits, found %d bytes"
              .formatted(vocabSize, logits.byteSize()));
    }
    double uniform = random.nextDouble();
    bias(logits);
    penalize(logits);
    int best = largest(logits);
    float max = logits.getAtIndex(JAVA_FLOAT, best);
    if (params.greedy() || max == Float.POSITIVE_INFINITY) {
      return best;
    }
    double sum = exponentials.overwrite(logits, vocabSize, max, params.temperature());
    return params.topP() < 1
        ? nucleus.draw(logits, vocabSize, sum, params.topP(), uniform)
        : pick(logits, uniform * sum, best);
  }

  /** Counts a token as generated; the penalties of later draws see it. */
  public void accept(int token) {
    Objects.checkIndex(token, vocabSize);
    if (params.penalizes()) {
      generated.add(token);
    }
  }

  private void bias(MemorySegment logits) {
    for (int i = 0; i < biasIds.length; i++) {
      float logit = logits.getAtIndex(JAVA_FLOAT, biasIds[i]);
      logits.setAtIndex(JAVA_FLOAT, biasIds[i], logit + biases[i]);
    }
  }

  private void penalize(MemorySegment logits) {
    if (!params.penalizes()) {
      return;
    }
    float presence = (float) params.presencePenalty();
    float frequency = (float) params.frequencyPenalty();
    float repetition =
        Math.clamp((float) params.repetitionPenalty(), Float.MIN_VALUE, Float.MAX_VALUE);
    for (int slot = 0; slot < generated.slots(); slot++) {
      int token = generated.token(slot);
      if (token >= 0) {
        float logit = logits.getAtIndex(JAVA_FLOAT, token);
        logit -= presence + generated.count(slot) * frequency;
        logit = logit < 0 ? logit * repetition : logit / repetition;
        logits.setAtIndex(JAVA_FLOAT, token, logit);
      }
    }
  }

  private int largest(MemorySegment logits) {
    float max = Float.NEGATIVE_INFINITY;
    int best = -1;
    for (int i = 0; i < vocabSize; i++) {
      float logit = logits.getAtIndex(JAVA_FLOAT, i);
      if (!(logit <= max)) {
        if (Float.isNaN(logit)) {
          throw unusable("logit %d of %d is NaN".formatted(i, vocabSize));
        }
        max = logit;
        best = i;
      }
    }
    if (best < 0) {
      throw unusable("all %d logits are negative infinity".formatted(vocabSize));
    }
    return best;
  }

  private static EngineFailedException unusable(String found) {
    return new EngineFailedException(
        "Expected logits to draw from, found that "
            + found
            + ". The weights or the model library are damaged, or computed in too narrow a type;"
            + " check the model's files, or convert the model again.");
  }

  private int pick(MemorySegment weights, double threshold, int fallback) {
    double cumulative = 0;
    int last = fallback;
    for (int i = 0; i < vocabSize; i++) {
      float weight = weights.getAtIndex(JAVA_FLOAT, i);
      cumulative += weight;
      if (weight > 0) {
        last = i;
        if (cumulative >= threshold) {
          return i;
        }
      }
    }
    return last;
  }
}
