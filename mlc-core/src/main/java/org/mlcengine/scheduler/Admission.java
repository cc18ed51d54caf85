package org.mlcengine.scheduler;

import java.util.function.Consumer;
import org.mlcengine.scheduler.PrefixTree.Match;

/** Gives places in the KV cache to those that wait, while there are places and pages. */
final class Admission {
  private final int maxSequences;
  private final WaitingLine waiting;
  private final IdleSequences idle;
  private final RunningSequences running;
  private final PrefixCache cache;
  private final KvRoom room;
  private long cachedTokens;

  Admission(
      int maxSequences,
      WaitingLine waiting,
      IdleSequences idle,
      RunningSequences running,
      PrefixCache cache,
      KvRoom room) {
    this.maxSequences = maxSequences;
    this.waiting = waiting;
    this.idle = idle;
    this.running = running;
    this.cache = cache;
    this.room = room;
  }

  /** Returns how many prompt tokens were there already, in all. */
  long cachedTokens() {
    return cachedTokens;
  }

  /**
   * Gives places to those that are due, and to an idle sequence if nobody waits then.
   *
   * @param abort hears of idle sequences that end early
   */
  void admit(Consumer<Sequence> abort) {
    while (running.all().size() < maxSequences || endIdle(abort)) {
      Sequence next = waiting.next(running.all(), this::sharesAllItCould);
      if (next == null) {
        admitIdle(abort);
        return;
      }
      if (start(next)) {
        waiting.remove(next);
      } else if (!endIdle(abort)) {
        return;
      }
    }
  }

  private boolean sharesAllItCould(Sequence sequence) {
    Match match = cache.find(sequence);
    return match.coming() <= match.length();
  }

  /** Gives a sequence a place if there are pages for it; returns whether there are. */
  private boolean start(Sequence sequence) {
    Match match = room.forOneMore(running.all(), sequence, cache.find(sequence));
    if (match == null) {
      return false;
    }
    cache.start(sequence, match);
    cachedTokens += match.length();
    running.all().add(sequence);
    return true;
  }

  private void admitIdle(Consumer<Sequence> abort) {
    Sequence next = waiting.size() == 0 ? idle.poll() : null;
    if (next != null && !start(next)) {
      abort.accept(next);
    }
  }

  /** Ends a sequence that nobody waits for, for one that waits; returns whether there is one. */
  private boolean endIdle(Consumer<Sequence> abort) {
    Sequence last = waiting.size() == 0 ? null : running.idle();
    if (last == null) {
      return false;
    }
    cache.keep(last);
    running.all().remove(last);
    abort.accept(last);
    return true;
  }
}
