package org.mlcengine.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mlcengine.errors.EngineFailedException;

class MaskTest {
  private static final SamplingParams GREEDY = new SamplingParams(0, 1);

  private static int sample(SamplingParams params, float[] logits, int... words) {
    return new Sampler(params, logits.length, new Mt19937(1))
        .sample(MemorySegment.ofArray(logits), MemorySegment.ofArray(words));
  }

  @Test
  void bitsCountFromTheLeastSignificant() {
    for (int id = 0; id < 70; id++) {
      float[] logits = new float[70];
      int[] words = new int[3];
      words[id / 32] = 1 << (id % 32);
      assertThat(sample(GREEDY, logits, words)).isEqualTo(id);
      assertThat(sample(new SamplingParams(1, 1), logits, words)).isEqualTo(id);
    }
  }

  @Test
  void bitsBeyondTheVocabularyAreNotLookedAt() {
    assertThat(sample(GREEDY, new float[33], 2, -1)).isEqualTo(1);
    assertThatThrownBy(() -> sample(GREEDY, new float[33], 0, -2))
        .isInstanceOf(EngineFailedException.class)
        .hasMessageContaining("allows none of the 33");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.001, 0.05, 0.07, 0.5, 0.999})
  void onlyAllowedTokensAreDrawn(double density) {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    int size = 3000 + random.nextInt(100);
    for (int round = 0; round < 100; round++) {
      BitSet allowed = Masks.random(random, size, density, random.nextInt(size));
      float[] logits = new float[size];
      for (int i = 0; i < size; i++) {
        logits[i] = (float) random.nextGaussian() + (allowed.get(i) ? -30 : 0);
      }
      int best = allowed.stream().reduce((a, b) -> logits[b] > logits[a] ? b : a).orElseThrow();
      MemorySegment words = Masks.words(allowed, size);
      String where = "seed %d, round %d".formatted(seed, round);
      Sampler greedy = new Sampler(GREEDY, size, new Mt19937(1));
      assertThat(greedy.sample(MemorySegment.ofArray(logits.clone()), words))
          .as(where)
          .isEqualTo(best);
      Sampler warm = new Sampler(new SamplingParams(1, 0.9), size, new Mt19937(round));
      int drawn = warm.sample(MemorySegment.ofArray(logits.clone()), words);
      assertThat(allowed.get(drawn)).as("%s draws %d", where, drawn).isTrue();
    }
  }

  @Test
  void biasAndPenaltiesHoldForAllowedTokens() {
    SamplingParams params = new SamplingParams(0, 0, 0, 1, 0, 2, 1, Map.of(40, 3.0));
    Sampler sampler = new Sampler(params, 100, new Mt19937(1));
    MemorySegment allowed = MemorySegment.ofArray(new int[] {0, 1 << 8 | 1 << 9, 0, 0});
    int[] drawn = new int[4];
    for (int i = 0; i < drawn.length; i++) {
      drawn[i] = sampler.sample(MemorySegment.ofArray(new float[100]), allowed);
      sampler.accept(drawn[i]);
    }
    assertThat(drawn).containsExactly(40, 40, 41, 40);
  }

  @Test
  void unusableLogitsAreNamedByTheirToken() {
    float[] logits = new float[64];
    logits[50] = Float.NaN;
    assertThatThrownBy(() -> sample(GREEDY, logits.clone(), 0, 1 << 18))
        .isInstanceOf(EngineFailedException.class)
        .hasMessageContaining("logit 50 of 64 is NaN");
    assertThat(sample(GREEDY, logits.clone(), -1, ~(1 << 18))).isZero();
    Arrays.fill(logits, Float.NEGATIVE_INFINITY);
    logits[3] = 1;
    assertThatThrownBy(() -> sample(GREEDY, logits, 0, -1))
        .isInstanceOf(EngineFailedException.class)
        .hasMessageContaining("logits are negative infinity");
  }

  @Test
  void tooFewWordsAreRefused() {
    assertThatThrownBy(() -> sample(GREEDY, new float[33], -1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Expected at least 2 words of allowed tokens, found 4 bytes");
  }
}
