package org.mlcengine.scheduler;

import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Sequences that nobody waits for. One gets a place while no other sequence waits for one, and ends
 * early when its place or its pages are needed.
 */
final class IdleSequences {
  private final Queue<Sequence> waiting = new ConcurrentLinkedQueue<>();
  private final Set<Sequence> all = ConcurrentHashMap.newKeySet();

  void add(Sequence sequence) {
    sequence.markIdle();
    all.add(sequence);
    waiting.add(sequence);
  }

  /** Takes the one that waits longest and is still wanted; null if there is none. */
  @Nullable Sequence poll() {
    Sequence next = waiting.poll();
    while (next != null && next.cancelled()) {
      ended(next);
      next.listener().onEnd(EndReason.ABORT, next.times(0));
      next = waiting.poll();
    }
    return next;
  }

  /** One has ended. */
  void ended(Sequence sequence) {
    all.remove(sequence);
  }

  /** Ends all of them before the next step. */
  void cancelAll() {
    all.forEach(Sequence::cancel);
  }
}
