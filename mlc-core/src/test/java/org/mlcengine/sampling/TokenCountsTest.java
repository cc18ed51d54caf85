package org.mlcengine.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;

class TokenCountsTest {
  @RepeatedTest(20)
  void countsAsAMapDoes() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    int range = 1 + random.nextInt(200_000);
    TokenCounts counts = new TokenCounts();
    Map<Integer, Integer> expected = new HashMap<>();
    for (int i = random.nextInt(5000); i >= 0; i--) {
      int token = random.nextInt(range);
      counts.add(token);
      expected.merge(token, 1, Integer::sum);
    }
    Map<Integer, Integer> found = new HashMap<>();
    for (int slot = 0; slot < counts.slots(); slot++) {
      if (counts.token(slot) >= 0) {
        assertThat(found.put(counts.token(slot), counts.count(slot))).isNull();
      }
    }
    assertThat(found).as("seed %d", seed).isEqualTo(expected);
  }
}
