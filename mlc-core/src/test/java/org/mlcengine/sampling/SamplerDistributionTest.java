package org.mlcengine.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Draws come with the frequencies of the slow sampler's chances: Pearson's chi-square test at a
 * significance of 0.001. The seeds are fixed, so that it passes always or never.
 */
class SamplerDistributionTest {
  private static final int DRAWS = 100_000;
  private static final double LEAST_EXPECTED = 5;

  /** The quantile of the normal distribution for the significance. */
  private static final double NORMAL_QUANTILE = 3.0902;

  private static final Map<Integer, Double> NO_BIAS = Map.of();

  private record Case(
      String name, SamplingParams params, int vocabSize, double deviation, double density) {
    Case(String name, SamplingParams params) {
      this(name, params, 50 + Math.floorMod(name.hashCode(), 950), 2, 1);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> cases() {
    return Stream.of(
        new Case("temperature below 1", new SamplingParams(0.6, 1)),
        new Case("temperature above 1", new SamplingParams(1.7, 1)),
        new Case("top-p", new SamplingParams(0.8, 0.9)),
        new Case("low top-p", new SamplingParams(1.5, 0.3)),
        new Case("top-k", params(1, 20, 0, 1)),
        new Case("min-p", params(1.2, 0, 0.05, 1)),
        new Case("top-k and top-p", params(1, 30, 0, 0.8)),
        new Case("min-p and top-p", params(1.3, 0, 0.02, 0.9)),
        new Case("top-k, min-p and top-p", params(1.4, 60, 0.03, 0.95)),
        new Case("presence", new SamplingParams(1, 0, 0, 1, 1.3, 0, 1, NO_BIAS)),
        new Case("frequency", new SamplingParams(1, 0, 0, 1, 0, 0.7, 1, NO_BIAS)),
        new Case("negative penalties", new SamplingParams(1, 0, 0, 1, -0.8, -0.3, 1, NO_BIAS)),
        new Case("repetition", new SamplingParams(1, 0, 0, 1, 0, 0, 1.4, NO_BIAS)),
        new Case("repetition below 1", new SamplingParams(1, 0, 0, 1, 0, 0, 0.7, NO_BIAS)),
        new Case("bias", new SamplingParams(1, 0, 0, 1, 0, 0, 1, Map.of(3, 4.0, 7, -100.0))),
        new Case("everything", everything()),
        new Case("mask", new SamplingParams(1, 1), 800, 2, 0.4),
        new Case("mask of few", new SamplingParams(1, 1), 1000, 2, 0.03),
        new Case("mask and everything", everything(), 900, 2, 0.5),
        new Case("mask of few and everything", everything(), 900, 2, 0.03),
        new Case("large", new SamplingParams(0.7, 1), 12_000, 3, 1),
        new Case("large, top-p", new SamplingParams(0.7, 0.95), 12_000, 3, 1),
        new Case("large, flat", new SamplingParams(1, 0.9), 12_000, 0.1, 1),
        new Case("large, top-k and top-p", params(1, 500, 0, 0.9), 12_000, 1, 1));
  }

  private static SamplingParams params(double temperature, int topK, double minP, double topP) {
    return new SamplingParams(temperature, topK, minP, topP, 0, 0, 1, NO_BIAS);
  }

  private static SamplingParams everything() {
    return new SamplingParams(1.3, 40, 0.01, 0.97, 0.4, 0.2, 1.1, Map.of(2, 3.0, 11, -2.0));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void drawsHaveTheFrequenciesOfTheChances(Case it) {
    Random random = new Random(20_260_101);
    float[] logits = new float[it.vocabSize];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) (random.nextGaussian() * it.deviation);
    }
    BitSet allowed = it.density == 1 ? null : Masks.random(random, it.vocabSize, it.density, 0);
    Sampler sampler = new Sampler(it.params, it.vocabSize, new Mt19937(7));
    SlowSampler slow = new SlowSampler(it.params, it.vocabSize);
    for (int i = 0; i < 40; i++) {
      int token = random.nextInt(25);
      sampler.accept(token);
      slow.accept(token);
    }
    check(count(sampler, logits, allowed), slow.chances(logits, allowed));
  }

  private static int[] count(Sampler sampler, float[] logits, @Nullable BitSet allowed) {
    MemorySegment source = MemorySegment.ofArray(logits);
    MemorySegment row = MemorySegment.ofArray(new float[logits.length]);
    MemorySegment words = allowed == null ? null : Masks.words(allowed, logits.length);
    int[] counts = new int[logits.length];
    for (int i = 0; i < DRAWS; i++) {
      counts[sampler.sample(row.copyFrom(source), words)]++;
    }
    return counts;
  }

  /** Tokens that are expected fewer than five times count as one. */
  private static void check(int[] counts, double[] chances) {
    double chiSquare = 0;
    int bins = 0;
    double rareExpected = 0;
    int rare = 0;
    for (int i = 0; i < counts.length; i++) {
      double expected = chances[i] * DRAWS;
      if (expected == 0) {
        assertThat(counts[i]).as("draws of token %d", i).isZero();
      } else if (expected < LEAST_EXPECTED) {
        rareExpected += expected;
        rare += counts[i];
      } else {
        chiSquare += (counts[i] - expected) * (counts[i] - expected) / expected;
        bins++;
      }
    }
    if (rareExpected >= LEAST_EXPECTED) {
      chiSquare += (rare - rareExpected) * (rare - rareExpected) / rareExpected;
      bins++;
    }
    assertThat(bins).isGreaterThan(3);
    assertThat(chiSquare).as("with %d bins", bins).isLessThan(quantile(bins - 1));
  }

  /**
   * The approximation of E. B. Wilson and M. M. Hilferty, "The distribution of chi-square", 1931.
   */
  private static double quantile(int degrees) {
    double share = 2.0 / (9 * degrees);
    return degrees * Math.pow(1 - share + NORMAL_QUANTILE * Math.sqrt(share), 3);
  }
}
