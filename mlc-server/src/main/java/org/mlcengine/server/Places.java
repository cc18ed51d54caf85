package org.mlcengine.server;

import java.util.concurrent.atomic.AtomicInteger;
import org.mlcengine.errors.QueueFullException;

/** The places of a model: those of the sequences that run, and those in the queue behind them. */
final class Places {
  private final int running;
  private final int waiting;
  private final AtomicInteger taken = new AtomicInteger();

  /**
   * Creates free places.
   *
   * @param running how many sequences run at once
   * @param waiting how many may wait
   */
  Places(int running, int waiting) {
    this.running = running;
    this.waiting = waiting;
  }

  /**
   * Takes places for the sequences of a request. A request of many sequences is let in if any of
   * them fits, since it could not be let in otherwise, ever, where the queue is short.
   *
   * @throws QueueFullException if none is free
   */
  void take(int sequences) {
    int before = taken.getAndUpdate(n -> n < running + waiting ? n + sequences : n);
    if (before >= running + waiting) {
      throw new QueueFullException(before - running, waiting);
    }
  }

  void giveBack(int sequences) {
    taken.addAndGet(-sequences);
  }

  int running() {
    return Math.min(taken.get(), running);
  }

  int waiting() {
    return Math.max(0, taken.get() - running);
  }
}
