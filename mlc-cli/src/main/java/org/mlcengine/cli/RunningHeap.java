package org.mlcengine.cli;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.management.MemoryNotificationInfo;
import java.lang.management.MemoryPoolMXBean;
import java.util.Optional;
import javax.management.NotificationEmitter;

/** The Java heap of this process, under the serial collector. */
final class RunningHeap implements TenuredHeap {
  private static final String OLD_GENERATION = "Tenured Gen";

  private final MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
  private final ThreadMXBean threads = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);
  private final MemoryPoolMXBean pool;
  private final long most;

  private RunningHeap(MemoryPoolMXBean pool) {
    this.pool = pool;
    most = pool.getUsage().getMax();
  }

  /** Returns the heap, or nothing if another collector is in use. */
  static Optional<RunningHeap> find() {
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getName().equals(OLD_GENERATION))
        .map(RunningHeap::new)
        .findFirst();
  }

  /** Has a method called whenever the threshold is exceeded. */
  void onExceeded(Runnable listener) {
    ((NotificationEmitter) memory)
        .addNotificationListener(
            (notification, handback) -> listener.run(),
            notification ->
                notification.getType().equals(MemoryNotificationInfo.MEMORY_THRESHOLD_EXCEEDED),
            null);
  }

  @Override
  public long allocated() {
    return threads.getTotalThreadAllocatedBytes();
  }

  @Override
  public long used() {
    return memory.getHeapMemoryUsage().getUsed();
  }

  @Override
  public long tenured() {
    return pool.getUsage().getUsed();
  }

  @Override
  public void collect() {
    memory.gc();
  }

  @Override
  public void setThreshold(long bytes) {
    pool.setUsageThreshold(Math.min(bytes, most));
  }
}
