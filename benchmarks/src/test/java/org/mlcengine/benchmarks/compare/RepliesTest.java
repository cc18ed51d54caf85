package org.mlcengine.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.Test;

class RepliesTest {
  private static final long SECOND = 1_000_000_000;

  @Test
  void onlyTheTimeWhenAllRepliesRunCounts() {
    long[] early = {0, SECOND, 2 * SECOND, 3 * SECOND};
    long[] late = {SECOND, 2 * SECOND, 3 * SECOND, 9 * SECOND};

    // From 1 s to 3 s, two pieces of each arrive.
    assertThat(Replies.rate(List.of(early, late), 4)).isCloseTo(2, within(1e-9));
  }

  @Test
  void tokensWithoutAPieceAreSpreadEvenly() {
    long[] pieces = {0, SECOND, 2 * SECOND};

    assertThat(Replies.rate(List.of(pieces), 6)).isCloseTo(2, within(1e-9));
  }

  @Test
  void repliesRunAtTheSameTime() throws Exception {
    CyclicBarrier all = new CyclicBarrier(3);

    double rate =
        Replies.together(
            3,
            2,
            () -> {
              all.await();
              return new long[] {0, SECOND};
            });

    assertThat(rate).isCloseTo(3, within(1e-9));
  }
}
