package org.mlcengine.cli;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Keeps a server's Java heap small. The serial collector by itself lets the old generation grow to
 * the most that the heap may have, a quarter of the machine's memory, with what waiting requests
 * leave behind, and never gives memory back while nothing happens. So the heap is collected
 *
 * <ul>
 *   <li>when the old generation has grown to half more than what was alive in it, and
 *   <li>when the program rests, if garbage has come since the last time it did; the collector then
 *       gives free memory back to the system.
 * </ul>
 */
final class GarbageWatch {
  /** What may lie in the old generation at least. */
  static final long LEAST_BYTES = 24 << 20;

  /** How often it is looked whether the program rests. */
  static final Duration PERIOD = Duration.ofSeconds(3);

  /** A program that allocates less than this in a period rests. */
  static final long RESTING_BYTES = 2 << 20;

  /** How much garbage is worth a collection at rest. */
  static final long WORTHWHILE_BYTES = 4 << 20;

  private final TenuredHeap heap;
  private long allocatedBefore;

  /** What the last collection at rest left; those under load leave what is soon garbage. */
  private long aliveAtRest;

  /** Creates a watch of a heap that has been collected never or long ago. */
  GarbageWatch(TenuredHeap heap) {
    this.heap = heap;
    allocatedBefore = heap.allocated();
  }

  /** Starts to watch the heap of this process, if the serial collector is in use. */
  static void start() {
    RunningHeap.find()
        .ifPresent(
            heap -> {
              GarbageWatch watch = new GarbageWatch(heap);
              heap.onExceeded(watch::exceeded);
              watch.setThreshold();
              Executors.newSingleThreadScheduledExecutor(
                      Thread.ofPlatform().daemon().name("mlc-garbage-watch").factory())
                  .scheduleWithFixedDelay(
                      watch::lookForRest, PERIOD.toSeconds(), PERIOD.toSeconds(), TimeUnit.SECONDS);
            });
  }

  /** Collects, and waits for half more than is left. */
  synchronized void exceeded() {
    heap.collect();
    setThreshold();
  }

  /** Collects if little was allocated since the last call, and much may be garbage. */
  synchronized void lookForRest() {
    long allocated = heap.allocated();
    boolean rests = allocated - allocatedBefore < RESTING_BYTES;
    allocatedBefore = allocated;
    if (rests && heap.used() > aliveAtRest + WORTHWHILE_BYTES) {
      exceeded();
      aliveAtRest = heap.used();
    }
  }

  /** Lets the next collection be when there is half more than now. */
  synchronized void setThreshold() {
    heap.setThreshold(Math.max(LEAST_BYTES, heap.tenured() * 3 / 2));
  }
}
