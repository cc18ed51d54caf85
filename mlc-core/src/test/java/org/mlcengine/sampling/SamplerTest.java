package org.mlcengine.sampling;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mlcengine.errors.EngineFailedException;
import org.mlcengine.errors.InvalidRequestException;

class SamplerTest {
  private static final SamplingParams GREEDY = new SamplingParams(0, 1);
  private static final float INFINITY = Float.POSITIVE_INFINITY;

  private static int sample(SamplingParams params, float... logits) {
    return new Sampler(params, logits.length, new Mt19937(1)).sample(MemorySegment.ofArray(logits));
  }

  @Test
  void greedyTakesTheFirstOfTheLargest() {
    assertThat(sample(GREEDY, -3, 2, 1, 2)).isEqualTo(1);
    assertThat(sample(GREEDY, -5, -3)).isEqualTo(1);
    assertThat(sample(GREEDY, -INFINITY, -1e38f)).isEqualTo(1);
    assertThat(sample(new SamplingParams(1e-5, 0.5), 1, 1.0001f)).isEqualTo(1);
    assertThat(sample(new SamplingParams(1, 0), 1, 3, 2)).isEqualTo(1);
  }

  @Test
  void anInfiniteLogitWins() {
    assertThat(sample(GREEDY, 1, INFINITY, INFINITY)).isEqualTo(1);
    assertThat(sample(new SamplingParams(2, 0.9), 1, INFINITY, 3)).isEqualTo(1);
  }

  @Test
  void aLogitOfNegativeInfinityIsNeverDrawn() {
    for (double temperature : new double[] {0.1, 1, 1e300}) {
      for (double topP : new double[] {0.5, 1}) {
        SamplingParams params = new SamplingParams(temperature, topP);
        float[] logits = {-INFINITY, 1, -INFINITY, 1, -INFINITY};
        Sampler sampler = new Sampler(params, logits.length, new Mt19937(3));
        for (int i = 0; i < 100; i++) {
          assertThat(sampler.sample(MemorySegment.ofArray(logits.clone()))).isIn(1, 3);
        }
      }
    }
  }

  @Test
  void unusableLogitsAreNamed() {
    assertThatThrownBy(() -> sample(GREEDY, 1, 2, Float.NaN))
        .isInstanceOf(EngineFailedException.class)
        .hasMessageContaining("logit 2 of 3 is NaN");
    assertThatThrownBy(() -> sample(new SamplingParams(1, 1), -INFINITY, -INFINITY))
        .isInstanceOf(EngineFailedException.class)
        .hasMessageContaining("all 2 logits are negative infinity");
    assertThatThrownBy(
            () ->
                new Sampler(GREEDY, 4, new Mt19937(1)).sample(MemorySegment.ofArray(new float[3])))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least 4");
  }

  @Test
  void paddingIsNeverLookedAt() {
    Sampler sampler = new Sampler(new SamplingParams(1, 1), 2, new Mt19937(1));
    for (int i = 0; i < 50; i++) {
      float[] logits = {0, 0, 50, Float.NaN};
      assertThat(sampler.sample(MemorySegment.ofArray(logits))).isLessThan(2);
    }
  }

  @Test
  void aBiasOutsideTheVocabularyIsRefused() {
    SamplingParams params = new SamplingParams(1, 1, 0, 0, 1, Map.of(3, 1.0));
    assertThatThrownBy(() -> new Sampler(params, 3, new Mt19937(1)))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("logit_bias: expected token ids from 0 to 2, found 3");
  }

  @Test
  void biasAndPenaltiesMoveTheChoice() {
    assertThat(sample(new SamplingParams(0, 1, 0, 0, 1, Map.of(0, 5.0, 1, -1.0)), 1, 5, 3))
        .isEqualTo(0);
    Sampler frequency = new Sampler(new SamplingParams(0, 1, 0, 1, 1, Map.of()), 2, new Mt19937(1));
    int[] drawn = new int[4];
    for (int i = 0; i < drawn.length; i++) {
      drawn[i] = frequency.sample(MemorySegment.ofArray(new float[] {1.5f, 0}));
      frequency.accept(drawn[i]);
    }
    assertThat(drawn).containsExactly(0, 0, 1, 0);
    Sampler repetition =
        new Sampler(new SamplingParams(0, 1, 0, 0, 2, Map.of()), 2, new Mt19937(1));
    repetition.accept(1);
    assertThat(repetition.sample(MemorySegment.ofArray(new float[] {-1.5f, -1}))).isZero();
    assertThat(repetition.sample(MemorySegment.ofArray(new float[] {1.5f, 2.9f}))).isZero();
  }

  @Test
  void extremePenaltiesKeepTheRowUsable() {
    for (double repetition : new double[] {Double.MIN_VALUE, Double.MAX_VALUE}) {
      Sampler sampler =
          new Sampler(new SamplingParams(1, 1, 0, 0, repetition, Map.of()), 3, new Mt19937(1));
      sampler.accept(0);
      sampler.accept(1);
      float[] logits = {0, -INFINITY, 1};
      assertThat(sampler.sample(MemorySegment.ofArray(logits))).isNotEqualTo(1);
    }
  }

  @Test
  void aGreedyDrawUsesUpItsNumber() {
    Mt19937 random = new Mt19937(9);
    new Sampler(GREEDY, 2, random).sample(MemorySegment.ofArray(new float[] {1, 2}));
    Mt19937 expected = new Mt19937(9);
    expected.nextDouble();
    assertThat(random.nextInt()).isEqualTo(expected.nextInt());
  }

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
    assertThat(unclear).as("rounds at the edge of top-p, seed %d", seed).isLessThan(rounds / 4);
  }

  /** Returns false if rounding alone could decide which tokens belong to the nucleus. */
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
    double[] chances = slow.chances(logits, 1e-5);
    if (!sameTokens(slow.chances(logits, 1.5e-5), slow.chances(logits, 0.5e-5))) {
      return false;
    }
    double uniform = new Mt19937(drawSeed).nextDouble();
    int drawn = drawn(sampler, logits, random.nextBoolean());
    double below = Arrays.stream(chances, 0, drawn).sum();
    assertThat(chances[drawn]).as("%s: %s draws %d", where, params, drawn).isPositive();
    assertThat(uniform)
        .as("%s: %s draws %d", where, params, drawn)
        .isBetween(below - 1e-5, below + chances[drawn] + 1e-5);
    return true;
  }

  private static SamplingParams randomParams(Random random, int vocabSize) {
    boolean penalties = random.nextBoolean();
    return new SamplingParams(
        0.05 + 2 * random.nextDouble(),
        random.nextInt(3) == 0 ? 1 : random.nextDouble(),
        penalties ? 4 * random.nextDouble() - 2 : 0,
        penalties ? 4 * random.nextDouble() - 2 : 0,
        penalties ? 0.5 + random.nextDouble() : 1,
        random.nextBoolean()
            ? Map.of(random.nextInt(vocabSize), 20 * random.nextDouble() - 10)
            : Map.of());
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

  private static int drawn(Sampler sampler, float[] logits, boolean offHeap) {
    if (!offHeap) {
      return sampler.sample(MemorySegment.ofArray(logits.clone()));
    }
    try (Arena arena = Arena.ofConfined()) {
      return sampler.sample(arena.allocateFrom(JAVA_FLOAT, logits));
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {1, 0.9})
  void drawsWithTheFrequenciesOfTheChances(double topP) {
    SamplingParams params = new SamplingParams(0.8, topP);
    float[] logits = new float[40];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) Math.sin(i) * 2;
    }
    double[] chances = new SlowSampler(params, logits.length).chances(logits, 1e-5);
    int draws = 200_000;
    int[] counts = new int[logits.length];
    Sampler sampler = new Sampler(params, logits.length, new Mt19937(20_260_101));
    MemorySegment row = MemorySegment.ofArray(new float[logits.length]);
    for (int i = 0; i < draws; i++) {
      counts[sampler.sample(row.copyFrom(MemorySegment.ofArray(logits)))]++;
    }
    double chiSquare = 0;
    for (int i = 0; i < counts.length; i++) {
      double expected = chances[i] * draws;
      if (expected == 0) {
        assertThat(counts[i]).isZero();
      } else {
        chiSquare += (counts[i] - expected) * (counts[i] - expected) / expected;
      }
    }
    // The 99.9 % quantile for 39 degrees of freedom; fewer degrees have lower ones.
    assertThat(chiSquare).isLessThan(72.1);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.7, 30})
  void drawsComeToAllocateNothing(double temperature) {
    SamplingParams params = new SamplingParams(temperature, 0.95, 0.1, 0.1, 1.1, Map.of(7, 1.0));
    Sampler sampler = new Sampler(params, 3000, new Mt19937(5));
    float[] logits = randomLogits(new Random(5), 3000);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment row = arena.allocate(JAVA_FLOAT, logits.length);
      long allocated = 1;
      // Until the compiler has seen to it, the views that the library makes of segments count.
      for (int batch = 0; batch < 2000 && allocated > 0; batch++) {
        allocated = allocatedBy(sampler, logits, row);
      }
      assertThat(allocated).isZero();
    }
  }

  private static long allocatedBy(Sampler sampler, float[] logits, MemorySegment row) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 20; i++) {
      MemorySegment.copy(logits, 0, row, JAVA_FLOAT, 0, logits.length);
      sampler.sample(row);
      sampler.accept(i);
    }
    return threads.getCurrentThreadAllocatedBytes() - before;
  }
}
