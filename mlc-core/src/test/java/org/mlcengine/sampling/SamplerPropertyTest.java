package org.mlcengine.sampling;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Draws under random parameters are the tokens to which the slow sampler's chances lead. */
class SamplerPropertyTest {
  private static final double BLUR = 1e-5;
  private static final float INFINITY = Float.POSITIVE_INFINITY;

  @Test
  void drawsAsTheSlowSamplerDoes() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    int unclear = 0;
    int rounds = 400;
    for (int round = 0; round < rounds; round++) {
      String where = "seed %d, round %d".formatted(seed, round);
      unclear += compare(random, where) ? 0 : 1;
    }
    assertThat(unclear).as("rounds at an edge, seed %d", seed).isLessThan(rounds / 3);
  }

  /** Returns false if rounding alone could decide which tokens can be drawn. */
  private static boolean compare(Random random, String where) {
    int size = 1 + random.nextInt(random.nextInt(4) == 0 ? 20_000 : 300);
    int vocabSize = Math.max(1, size - random.nextInt(5));
    SamplingParams params = randomParams(random, vocabSize);
    long drawSeed = random.nextLong();
    Sampler sampler = new Sampler(params, vocabSize, new Mt19937(drawSeed));
    SlowSampler slow = new SlowSampler(params, vocabSize);
    for (int i = random.nextInt(30); i > 0; i--) {
      int token = random.nextInt(vocabSize);
      sampler.accept(token);
      slow.accept(token);
    }
    float[] logits = randomLogits(random, size);
    BitSet allowed = randomMask(random, vocabSize);
    double[] chances = slow.chances(logits, allowed);
    if (!sameTokens(chances, slow.chances(logits, allowed, 1.5 * SlowSampler.SLACK, BLUR))
        || !sameTokens(chances, slow.chances(logits, allowed, 0.5 * SlowSampler.SLACK, -BLUR))) {
      return false;
    }
    double uniform = new Mt19937(drawSeed).nextDouble();
    MemorySegment words = allowed == null ? null : Masks.words(allowed, vocabSize);
    int drawn = drawn(sampler, logits, words, random.nextBoolean());
    double below = Arrays.stream(chances, 0, drawn).sum();
    assertThat(chances[drawn]).as("%s: %s draws %d", where, params, drawn).isPositive();
    assertThat(uniform)
        .as("%s: %s draws %d", where, params, drawn)
        .isBetween(below - 1e-5, below + chances[drawn] + 1e-5);
    return true;
  }

  private static @Nullable BitSet randomMask(Random random, int vocabSize) {
    return switch (random.nextInt(4)) {
      case 0 -> Masks.random(random, vocabSize, 0.02, 0);
      case 1 -> Masks.random(random, vocabSize, random.nextDouble(), 0);
      default -> null;
    };
  }

  private static SamplingParams randomParams(Random random, int vocabSize) {
    boolean penalties = random.nextBoolean();
    return new SamplingParams(
        0.05 + 2 * random.nextDouble(),
        randomTopK(random, vocabSize),
        random.nextInt(3) == 0 ? Math.pow(10, -8 * random.nextDouble()) : 0,
        random.nextInt(3) == 0 ? 1 : random.nextDouble(),
        penalties ? 4 * random.nextDouble() - 2 : 0,
        penalties ? 4 * random.nextDouble() - 2 : 0,
        penalties ? 0.5 + random.nextDouble() : 1,
        random.nextBoolean()
            ? Map.of(random.nextInt(vocabSize), 20 * random.nextDouble() - 10)
            : Map.of());
  }

  private static int randomTopK(Random random, int vocabSize) {
    return switch (random.nextInt(4)) {
      case 0 -> random.nextInt(-1, 2 * vocabSize);
      case 1 -> random.nextInt(-1, 50);
      default -> 0;
    };
  }

  private static float[] randomLogits(Random random, int size) {
    float spread = (float) Math.exp(6 * random.nextDouble() - 2);
    boolean ties = random.nextBoolean();
    float[] logits = new float[size];
    for (int i = 0; i < size; i++) {
      float value = (float) random.nextGaussian() * spread;
      logits[i] = ties ? Math.round(value) : value;
    }
    if (random.nextInt(4) == 0 && size > 1) {
      logits[1 + random.nextInt(size - 1)] = random.nextBoolean() ? -INFINITY : -Float.MAX_VALUE;
    }
    return logits;
  }

  private static boolean sameTokens(double[] some, double[] others) {
    for (int i = 0; i < some.length; i++) {
      if (some[i] > 0 != others[i] > 0) {
        return false;
      }
    }
    return true;
  }

  private static int drawn(
      Sampler sampler, float[] logits, @Nullable MemorySegment allowed, boolean offHeap) {
    if (!offHeap) {
      return sampler.sample(MemorySegment.ofArray(logits.clone()), allowed);
    }
    try (Arena arena = Arena.ofConfined()) {
      return sampler.sample(arena.allocateFrom(JAVA_FLOAT, logits), allowed);
    }
  }

  @Test
  void topPIsAShareOfAllThatMinPLeft() {
    int size = 20_000;
    int many = 100;
    float[] logits = new float[size];
    for (int i = 0; i < size; i++) {
      logits[i] = i < many ? -0.001f * i : -8.4f;
    }
    SamplingParams params = new SamplingParams(1, 0, 1e-4, 0.95, 0, 0, 1, Map.of());
    double[] chances = new SlowSampler(params, size).chances(logits, null);
    Sampler sampler = new Sampler(params, size, new Mt19937(1));
    BitSet drawn = new BitSet();
    for (int i = 0; i < 5000; i++) {
      drawn.set(sampler.sample(MemorySegment.ofArray(logits.clone())));
    }
    BitSet expected = new BitSet();
    IntStream.range(0, size).filter(id -> chances[id] > 0).forEach(expected::set);
    assertThat(drawn).isEqualTo(expected);
  }
}
