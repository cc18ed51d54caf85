package org.mlcengine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class GarbageWatchTest {
  private static final long MIB = 1 << 20;

  private long used;
  private long alive;
  private long threshold;
  private int collections;
  private final GarbageWatch watch =
      new GarbageWatch(
          () -> used,
          () -> {
            collections++;
            used = alive;
          },
          bytes -> threshold = bytes);

  @Test
  void aSmallHeapMayHoldSomeGarbage() {
    used = 5 * MIB;
    watch.setThreshold();

    assertThat(threshold).isEqualTo(GarbageWatch.LEAST_BYTES);
    assertThat(collections).isZero();
  }

  @Test
  void whatIsLeftSetsTheNextThreshold() {
    alive = 100 * MIB;
    used = 300 * MIB;
    watch.exceeded();
    assertThat(collections).isEqualTo(1);
    assertThat(threshold).isEqualTo(200 * MIB);

    alive = 2 * MIB;
    watch.exceeded();
    assertThat(collections).isEqualTo(2);
    assertThat(threshold).isEqualTo(GarbageWatch.LEAST_BYTES);
  }
}
