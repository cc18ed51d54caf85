package org.mlcengine.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class BoundaryTest {
  private static final double UNREACHED = Double.POSITIVE_INFINITY;

  private static float find(float[] weights, float floor, long count, double mass) {
    Row row = new Row();
    row.view(MemorySegment.ofArray(weights), weights.length);
    return Float.intBitsToFloat(
        new Boundary().find(row, Float.floatToRawIntBits(floor), count, mass));
  }

  @RepeatedTest(50)
  void agreesWithSorting() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    float[] weights = new float[1 + random.nextInt(random.nextBoolean() ? 20 : 5000)];
    int levels = random.nextBoolean() ? 1 + random.nextInt(50) : Integer.MAX_VALUE;
    double width = 30 * random.nextDouble();
    for (int i = 0; i < weights.length; i++) {
      double share = random.nextInt(levels) / (double) levels;
      weights[i] = random.nextInt(9) == 0 ? 0 : (float) Math.exp(-width * share);
    }
    float floor = (float) Math.exp(-width * random.nextDouble());
    float[] sorted = weights.clone();
    Arrays.sort(sorted);
    int count = 1 + random.nextInt(weights.length + 1);
    double mass = 0;
    float expectedByCount = floor;
    float expectedByMass = floor;
    double wanted = random.nextDouble() * sum(weights) * 1.1;
    for (int rank = 1; rank <= sorted.length; rank++) {
      float weight = sorted[sorted.length - rank];
      if (weight < floor) {
        break;
      }
      expectedByCount = rank == count ? weight : expectedByCount;
      expectedByMass = mass < wanted && mass + weight >= wanted ? weight : expectedByMass;
      mass += weight;
    }
    String where = "seed %d".formatted(seed);
    assertThat(find(weights, floor, count, UNREACHED)).as(where).isEqualTo(expectedByCount);
    assertThat(find(weights, floor, Long.MAX_VALUE, wanted)).as(where).isEqualTo(expectedByMass);
  }

  private static double sum(float[] weights) {
    double sum = 0;
    for (float weight : weights) {
      sum += weight;
    }
    return sum;
  }

  @Test
  void smallWeightsHaveExactMasses() {
    float least = 0x1p-120f;
    assertThat(find(new float[] {least, 3 * least, 2 * least}, least, Long.MAX_VALUE, 5 * least))
        .isEqualTo(2 * least);
    assertThat(
            find(
                new float[] {least, 3 * least, 2 * least},
                least,
                Long.MAX_VALUE,
                Math.nextUp(5.0 * least)))
        .isEqualTo(least);
  }
}
