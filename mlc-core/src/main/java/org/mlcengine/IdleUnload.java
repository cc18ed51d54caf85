package org.mlcengine;

import java.time.Duration;
import java.util.function.LongSupplier;

/** Tells when a model has had no request for a while. */
final class IdleUnload implements AutoCloseable {
  private final long afterNanos;
  private final LongSupplier clock;
  private int underWay;
  private long lastEnd;
  private boolean closed;

  /**
   * Creates a watch.
   *
   * @param after how long nothing must have been asked for
   * @param clock nanoseconds
   */
  IdleUnload(Duration after, LongSupplier clock) {
    this.afterNanos = after.toNanos();
    this.clock = clock;
    lastEnd = clock.getAsLong();
  }

  /** Calls an action whenever it is time, on a thread of its own, until this is closed. */
  void start(Runnable unload) {
    Thread.ofPlatform().name("mlc-engine-idle").daemon().start(() -> watch(unload));
  }

  private void watch(Runnable unload) {
    try {
      while (awaitIdle()) {
        unload.run();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits until it is time; false if this was closed. */
  private synchronized boolean awaitIdle() throws InterruptedException {
    while (!closed) {
      long left = left();
      if (left <= 0) {
        lastEnd = clock.getAsLong();
        return true;
      }
      wait(left / 1_000_000 + 1);
    }
    return false;
  }

  /** Returns in how many nanoseconds it is time, if no request comes. */
  synchronized long left() {
    return underWay > 0 ? afterNanos : afterNanos - (clock.getAsLong() - lastEnd);
  }

  /** A request has come. */
  synchronized void began() {
    underWay++;
  }

  /** A request has ended. */
  synchronized void ended() {
    underWay--;
    lastEnd = clock.getAsLong();
  }

  @Override
  public synchronized void close() {
    closed = true;
    notifyAll();
  }
}
