package org.mlcengine.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.mlcengine.model.EmbeddingMetadata;
import org.mlcengine.model.EmbeddingMetadata.Pooling;

class TextPoolingTest {
  private static float[] pool(Pooling pooling, boolean normalize, int size, float... hidden) {
    return TextPooling.pool(
        MemorySegment.ofArray(hidden), size, new EmbeddingMetadata(pooling, normalize));
  }

  @Test
  void poolsAsItsNameSays() {
    float[] hidden = {1, 2, 3, 5, 8, 14};
    assertThat(pool(Pooling.MEAN, false, 2, hidden)).containsExactly(4, 7);
    assertThat(pool(Pooling.CLS, false, 2, hidden)).containsExactly(1, 2);
    assertThat(pool(Pooling.LAST, false, 2, hidden)).containsExactly(8, 14);
  }

  @Test
  void normalizedVectorsHaveLengthOne() {
    assertThat(pool(Pooling.MEAN, true, 2, 3, 4)).containsExactly(0.6f, 0.8f);
    assertThat(pool(Pooling.CLS, true, 2, 0, -5, 1, 1)).containsExactly(0, -1);
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 100; round++) {
      int size = 1 + random.nextInt(50);
      float[] hidden = new float[size * (1 + random.nextInt(20))];
      for (int i = 0; i < hidden.length; i++) {
        hidden[i] = (float) random.nextGaussian();
      }
      double squares = 0;
      for (float value : pool(Pooling.MEAN, true, size, hidden)) {
        squares += (double) value * value;
      }
      assertThat(squares).as("seed %d, round %d", seed, round).isBetween(1 - 1e-5, 1 + 1e-5);
    }
  }

  @Test
  void aVectorWithoutDirectionStaysAsItIs() {
    assertThat(pool(Pooling.MEAN, true, 2, 0, 0)).containsExactly(0, 0);
    assertThat(pool(Pooling.MEAN, true, 2, 1, 0, -1, 0)).containsExactly(0, 0);
  }
}
