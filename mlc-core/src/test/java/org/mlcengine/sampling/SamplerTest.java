package org.mlcengine.sampling;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
  void aNanOfEitherSignIsNamed() {
    int size = 5000;
    for (int nan : new int[] {0x7fc00000, 0xffc00000, 0x7f800001, 0xff800001, -1, 0x7fffffff}) {
      float[] logits = new float[size];
      logits[700] = INFINITY;
      logits[2345] = Float.intBitsToFloat(nan);
      assertThatThrownBy(() -> sample(GREEDY, logits))
          .isInstanceOf(EngineFailedException.class)
          .hasMessageContaining("logit 2345 of 5000 is NaN");
    }
  }

  @Test
  void theFirstOfTheLargestIsFoundInAnyBlock() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      float[] logits = new float[1 + random.nextInt(5000)];
      int values = 1 + random.nextInt(40);
      int best = 0;
      for (int i = 0; i < logits.length; i++) {
        logits[i] = (random.nextInt(values) - values) / 3f;
        logits[i] = logits[i] == 0 && random.nextBoolean() ? -0f : logits[i];
        best = logits[i] > logits[best] ? i : best;
      }
      assertThat(sample(GREEDY, logits)).as("seed %d, round %d", seed, round).isEqualTo(best);
    }
  }

  @Test
  void bothZerosAreEqual() {
    assertThat(sample(GREEDY, -1, -0f, 0)).isEqualTo(1);
    assertThat(sample(GREEDY, -1, 0, -0f)).isEqualTo(1);
    float[] inTwoBlocks = new float[3000];
    inTwoBlocks[0] = -0f;
    assertThat(sample(GREEDY, inTwoBlocks)).isZero();
  }

  @Test
  void theSameSeedGivesTheSameTokensAloneAndInABatch() {
    SamplingParams params = new SamplingParams(0.9, 0, 0, 0.9, 0.5, 0.2, 1.1, Map.of(3, 2.0));
    List<List<Integer>> alone = new ArrayList<>();
    for (int choice = 0; choice < 4; choice++) {
      alone.addAll(reply(params, 1, choice));
    }
    assertThat(reply(params, 4, 0)).isEqualTo(alone).doesNotHaveDuplicates();
  }

  /** Lets samplers take turns on one row, each with logits that follow from its own tokens. */
  private static List<List<Integer>> reply(SamplingParams params, int batch, int firstChoice) {
    int size = 700;
    List<List<Integer>> replies = new ArrayList<>();
    List<Sampler> samplers = new ArrayList<>();
    for (int i = 0; i < batch; i++) {
      replies.add(new ArrayList<>());
      samplers.add(new Sampler(params, size, new Mt19937(42 + firstChoice + i)));
    }
    float[] row = new float[size];
    for (int step = 0; step < 50; step++) {
      for (int i = 0; i < batch; i++) {
        Random model = new Random(replies.get(i).hashCode());
        for (int j = 0; j < size; j++) {
          row[j] = (float) model.nextGaussian() * 2;
        }
        int token = samplers.get(i).sample(MemorySegment.ofArray(row));
        samplers.get(i).accept(token);
        replies.get(i).add(token);
      }
    }
    return replies;
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
    SamplingParams params = new SamplingParams(1, 0, 0, 1, 0, 0, 1, Map.of(3, 1.0));
    assertThatThrownBy(() -> new Sampler(params, 3, new Mt19937(1)))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("logit_bias: expected token ids from 0 to 2, found 3");
  }

  @Test
  void biasAndPenaltiesMoveTheChoice() {
    assertThat(sample(new SamplingParams(0, 0, 0, 1, 0, 0, 1, Map.of(0, 5.0, 1, -1.0)), 1, 5, 3))
        .isEqualTo(0);
    Sampler frequency =
        new Sampler(new SamplingParams(0, 0, 0, 1, 0, 1, 1, Map.of()), 2, new Mt19937(1));
    int[] drawn = new int[4];
    for (int i = 0; i < drawn.length; i++) {
      drawn[i] = frequency.sample(MemorySegment.ofArray(new float[] {1.5f, 0}));
      frequency.accept(drawn[i]);
    }
    assertThat(drawn).containsExactly(0, 0, 1, 0);
    Sampler repetition =
        new Sampler(new SamplingParams(0, 0, 0, 1, 0, 0, 2, Map.of()), 2, new Mt19937(1));
    repetition.accept(1);
    assertThat(repetition.sample(MemorySegment.ofArray(new float[] {-1.5f, -1}))).isZero();
    assertThat(repetition.sample(MemorySegment.ofArray(new float[] {1.5f, 2.9f}))).isZero();
  }

  @Test
  void extremePenaltiesKeepTheRowUsable() {
    for (double repetition : new double[] {Double.MIN_VALUE, Double.MAX_VALUE}) {
      Sampler sampler =
          new Sampler(
              new SamplingParams(1, 0, 0, 1, 0, 0, repetition, Map.of()), 3, new Mt19937(1));
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

  @ParameterizedTest
  @CsvSource({
    "0, 0, 0, 0",
    "0.7, 0, 0, 0",
    "30, 0, 0, 0",
    "30, 40, 0.01, 0",
    "1, 0, 0, 0.001",
    "1, 0, 0, 0.5",
  })
  void drawsComeToAllocateNothing(double temperature, int topK, double minP, double density) {
    int size = 20_000;
    SamplingParams params =
        new SamplingParams(temperature, topK, minP, 0.95, 0.1, 0.1, 1.1, Map.of(7, 1.0));
    Sampler sampler = new Sampler(params, size, new Mt19937(5));
    Random random = new Random(5);
    float[] logits = new float[size];
    for (int i = 0; i < size; i++) {
      logits[i] = (float) random.nextGaussian();
    }
    MemorySegment allowed =
        density == 0 ? null : Masks.words(Masks.random(random, size, density, 7), size);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment row = arena.allocate(JAVA_FLOAT, logits.length);
      long allocated = 1;
      // Until the compiler has seen to it, the views that the library makes of segments count.
      for (int batch = 0; batch < 2000 && allocated > 0; batch++) {
        allocated = allocatedBy(sampler, logits, row, allowed);
      }
      assertThat(allocated).isZero();
    }
  }

  private static long allocatedBy(
      Sampler sampler, float[] logits, MemorySegment row, @Nullable MemorySegment allowed) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 20; i++) {
      MemorySegment.copy(logits, 0, row, JAVA_FLOAT, 0, logits.length);
      sampler.sample(row, allowed);
      sampler.accept(i);
    }
    return threads.getCurrentThreadAllocatedBytes() - before;
  }
}
