package org.mlcengine.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.sampling.TokenLogprobs.Entry;

class LogprobsTest {
  private static final float FLOOR = (float) Math.log(1e-10);

  private static Sampler sampler(SamplingParams params, int vocabSize) {
    return new Sampler(params, vocabSize, new Mt19937(1));
  }

  @Test
  void theChancesOfTheDrawAreListed() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      int size = 1 + random.nextInt(random.nextInt(5) == 0 ? 20_000 : 300);
      // Values apart from each other: no border of a cut is decided by rounding.
      double temperature = random.nextInt(3) == 0 ? 0 : 0.2 + random.nextDouble();
      SamplingParams params =
          new SamplingParams(
              temperature,
              random.nextBoolean() ? 1 + random.nextInt(30) : 0,
              random.nextBoolean() ? random.nextDouble() / 10 : 0,
              1,
              random.nextDouble(),
              0,
              1,
              Map.of(0, 1.0));
      check(params, size, random, "seed %d, round %d".formatted(seed, round));
    }
  }

  private static void check(SamplingParams params, int size, Random random, String where) {
    float[] logits = new float[size];
    for (int i = 0; i < size; i++) {
      logits[i] = Math.round(random.nextGaussian() * 16) / 4f;
    }
    BitSet allowed = random.nextBoolean() ? Masks.random(random, size, 0.3, 0) : null;
    Sampler sampler = sampler(params, size);
    SlowSampler slow = new SlowSampler(params, size);
    int token = random.nextInt(size);
    sampler.accept(token);
    slow.accept(token);
    double[] chances =
        params.greedy() ? slow.plainChances(logits, allowed) : slow.chances(logits, allowed);
    int drawn = draw(sampler, logits.clone(), allowed);
    int top = random.nextInt(Sampler.MAX_TOP_LOGPROBS + 1);
    TokenLogprobs logprobs = sampler.logprobs(top);
    assertThat(logprobs).as(where).isEqualTo(sampler.logprobs(top));
    assertThat(logprobs.chosen().token()).as(where).isEqualTo(drawn);
    assertEntry(logprobs.chosen(), chances, where);
    List<Integer> expected =
        IntStream.range(0, size)
            .filter(id -> chances[id] > 0)
            .boxed()
            .sorted((a, b) -> Double.compare(chances[b], chances[a]))
            .limit(top)
            .toList();
    assertThat(logprobs.top()).as(where).extracting(Entry::token).isEqualTo(expected);
    logprobs.top().forEach(entry -> assertEntry(entry, chances, where));
  }

  private static int draw(Sampler sampler, float[] logits, @Nullable BitSet allowed) {
    MemorySegment words = allowed == null ? null : Masks.words(allowed, logits.length);
    return sampler.sample(MemorySegment.ofArray(logits), words);
  }

  private static void assertEntry(Entry entry, double[] chances, String where) {
    double expected = Math.log(Math.max(chances[entry.token()], 1e-10));
    assertThat(entry.logprob()).as(where).isCloseTo((float) expected, within(2e-5f));
  }

  @Test
  void aGreedyDrawIsToldAtTemperatureOne() {
    Sampler sampler = sampler(new SamplingParams(0, 1), 3);
    draw(sampler, new float[] {(float) Math.log(0.3), (float) Math.log(0.6), -2.3025851f}, null);
    TokenLogprobs logprobs = sampler.logprobs(2);
    assertThat(logprobs.chosen().logprob()).isCloseTo((float) Math.log(0.6), within(1e-6f));
    assertThat(logprobs.top()).extracting(Entry::token).containsExactly(1, 0);
    assertThat(logprobs.top().get(1).logprob()).isCloseTo((float) Math.log(0.3), within(1e-6f));
  }

  @Test
  void whatTopPTookOutIsNotListed() {
    Sampler sampler = sampler(new SamplingParams(1, 0.5), 4);
    draw(sampler, new float[] {1, 9, 1, 1}, null);
    assertThat(sampler.logprobs(4))
        .isEqualTo(new TokenLogprobs(new Entry(1, 0), List.of(new Entry(1, 0))));
  }

  @Test
  void aVanishingChanceCountsAsOneInTenBillion() {
    Sampler sampler = sampler(new SamplingParams(1, 1), 2);
    draw(sampler, new float[] {0, 40}, null);
    assertThat(sampler.logprobs(2).top()).containsExactly(new Entry(1, 0), new Entry(0, FLOOR));
  }

  @Test
  void anInfiniteLogitIsCertain() {
    for (double temperature : new double[] {0, 1}) {
      Sampler sampler = sampler(new SamplingParams(temperature, 1), 3);
      draw(sampler, new float[] {0, 1, Float.POSITIVE_INFINITY}, null);
      assertThat(sampler.logprobs(20))
          .isEqualTo(new TokenLogprobs(new Entry(2, 0), List.of(new Entry(2, 0))));
      assertThat(sampler.logprobs(0).top()).isEmpty();
    }
  }

  @Test
  void wrongCallsAreRefused() {
    Sampler sampler = sampler(new SamplingParams(1, 1), 2);
    assertThatThrownBy(() -> sampler.logprobs(1)).isInstanceOf(IllegalStateException.class);
    draw(sampler, new float[] {1, 2}, null);
    assertThatThrownBy(() -> sampler.logprobs(21))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("top_logprobs: expected a count from 0 to 20, found 21");
    assertThatThrownBy(() -> sampler.logprobs(-1)).isInstanceOf(InvalidRequestException.class);
  }
}
