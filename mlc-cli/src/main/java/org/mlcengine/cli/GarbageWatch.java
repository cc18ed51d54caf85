package org.mlcengine.cli;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.management.MemoryNotificationInfo;
import java.lang.management.MemoryPoolMXBean;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import javax.management.NotificationEmitter;

/**
 * Has the Java heap collected when its old generation has grown to twice what was alive in it. The
 * serial collector by itself lets it grow to the most that the heap may have, a quarter of the
 * machine's memory, with what waiting requests leave behind.
 */
final class GarbageWatch {
  /** What may lie in the old generation at least. */
  static final long LEAST_BYTES = 32 << 20;

  private final LongSupplier used;
  private final Runnable collector;
  private final LongConsumer threshold;

  /**
   * Creates a watch.
   *
   * @param used bytes in the old generation
   * @param collector collects it
   * @param threshold sets from how many bytes on {@link #exceeded} is to be called
   */
  GarbageWatch(LongSupplier used, Runnable collector, LongConsumer threshold) {
    this.used = used;
    this.collector = collector;
    this.threshold = threshold;
  }

  /** Starts to watch the heap of this process, if the serial collector is in use. */
  static void start() {
    ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getName().equals("Tenured Gen"))
        .forEach(GarbageWatch::start);
  }

  private static void start(MemoryPoolMXBean pool) {
    MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    long most = pool.getUsage().getMax();
    GarbageWatch watch =
        new GarbageWatch(
            () -> pool.getUsage().getUsed(),
            memory::gc,
            bytes -> pool.setUsageThreshold(Math.min(bytes, most)));
    ((NotificationEmitter) memory)
        .addNotificationListener(
            (notification, handback) -> watch.exceeded(),
            notification ->
                notification.getType().equals(MemoryNotificationInfo.MEMORY_THRESHOLD_EXCEEDED),
            null);
    watch.setThreshold();
  }

  /** Collects, and waits for twice as much as is left. */
  void exceeded() {
    collector.run();
    setThreshold();
  }

  /** Lets the next collection be when there is twice as much as now. */
  void setThreshold() {
    threshold.accept(Math.max(LEAST_BYTES, 2 * used.getAsLong()));
  }
}
