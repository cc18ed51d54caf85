package org.mlcengine.server;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Does things when a time is over, unless they were cancelled before. */
final class Deadlines implements AutoCloseable {
  private final ScheduledThreadPoolExecutor timer;

  Deadlines() {
    timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().name("mlc-server-deadlines").daemon().factory());
    timer.setRemoveOnCancelPolicy(true);
  }

  /** Runs an action on a thread of its own after a time; cancelling prevents it. */
  Future<?> in(Duration time, Runnable action) {
    return timer.schedule(
        () -> Thread.ofVirtual().name("mlc-server-deadline").start(action),
        time.toNanos(),
        TimeUnit.NANOSECONDS);
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
