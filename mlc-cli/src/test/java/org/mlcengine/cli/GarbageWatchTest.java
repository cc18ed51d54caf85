package org.mlcengine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class GarbageWatchTest {
  private static final long MIB = 1 << 20;

  private final ScriptedHeap heap = new ScriptedHeap();
  private final GarbageWatch watch = new GarbageWatch(heap);

  @Test
  void aSmallHeapMayHoldSomeGarbage() {
    heap.used = 5 * MIB;
    watch.setThreshold();

    assertThat(heap.threshold).isEqualTo(GarbageWatch.LEAST_BYTES);
    assertThat(heap.collections).isZero();
  }

  @Test
  void whatIsLeftSetsTheNextThreshold() {
    heap.alive = 100 * MIB;
    heap.used = 300 * MIB;
    watch.exceeded();
    assertThat(heap.collections).isEqualTo(1);
    assertThat(heap.threshold).isEqualTo(150 * MIB);

    heap.alive = 2 * MIB;
    watch.exceeded();
    assertThat(heap.collections).isEqualTo(2);
    assertThat(heap.threshold).isEqualTo(GarbageWatch.LEAST_BYTES);
  }

  @Test
  void aProgramThatWorksIsLeftAlone() {
    heap.allocate(50 * MIB);
    watch.lookForRest();
    heap.allocate(50 * MIB);
    watch.lookForRest();

    assertThat(heap.collections).isZero();
  }

  @Test
  void aProgramThatRestsIsCollectedOnce() {
    heap.alive = 10 * MIB;
    heap.allocate(50 * MIB);
    watch.lookForRest();
    heap.allocate(MIB);
    watch.lookForRest();
    assertThat(heap.collections).isEqualTo(1);
    assertThat(heap.used).isEqualTo(10 * MIB);

    heap.allocate(MIB);
    watch.lookForRest();
    assertThat(heap.collections).isEqualTo(1);
  }

  @Test
  void garbageOfTheNextLoadIsCollectedAtTheNextRest() {
    heap.alive = 10 * MIB;
    heap.allocate(50 * MIB);
    watch.lookForRest();
    watch.lookForRest();
    heap.allocate(50 * MIB);
    watch.lookForRest();
    assertThat(heap.collections).isEqualTo(1);

    watch.lookForRest();
    assertThat(heap.collections).isEqualTo(2);
  }

  @Test
  void theHeapOfThisProcessIsMeasuredAndCollected() {
    RunningHeap running = RunningHeap.find().orElseThrow();
    long before = running.allocated();
    running.collect();
    assertThat(running.used()).isPositive();
    assertThat(running.tenured()).isBetween(1L, running.used());
    assertThat(running.allocated()).isGreaterThanOrEqualTo(before);
  }

  private static final class ScriptedHeap implements TenuredHeap {
    long alive;
    long used;
    long allocated;
    long threshold;
    int collections;

    void allocate(long bytes) {
      allocated += bytes;
      used += bytes;
    }

    @Override
    public long allocated() {
      return allocated;
    }

    @Override
    public long used() {
      return used;
    }

    @Override
    public long tenured() {
      return used;
    }

    @Override
    public void collect() {
      collections++;
      used = alive;
    }

    @Override
    public void setThreshold(long bytes) {
      threshold = bytes;
    }
  }
}
