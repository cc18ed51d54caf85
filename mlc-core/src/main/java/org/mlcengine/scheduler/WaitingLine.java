package org.mlcengine.scheduler;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Sequences that wait for a place. The highest priority goes first, then who had a place before,
 * then the caller with the fewest sequences that run, then who came first.
 */
final class WaitingLine {
  private final List<Sequence> waiting = new ArrayList<>();

  /** How many at the front had a place before. */
  private int evicted;

  int size() {
    return waiting.size();
  }

  void addAll(Iterable<Sequence> sequences) {
    sequences.forEach(waiting::add);
  }

  /** Adds one whose place was needed for others. */
  void addEvicted(Sequence sequence) {
    waiting.addFirst(sequence);
    evicted++;
  }

  void remove(Sequence sequence) {
    removeAt(waiting.indexOf(sequence));
  }

  /** Removes and hands over those that match. */
  void removeIf(Predicate<Sequence> condition, Consumer<Sequence> removed) {
    for (int i = waiting.size() - 1; i >= 0; i--) {
      Sequence sequence = waiting.get(i);
      if (condition.test(sequence)) {
        removeAt(i);
        removed.accept(sequence);
      }
    }
  }

  private void removeAt(int index) {
    waiting.remove(index);
    if (index < evicted) {
      evicted--;
    }
  }

  /** Returns when the first time of a sequence is over. */
  long earliestDeadline() {
    long earliest = Long.MAX_VALUE;
    for (Sequence sequence : waiting) {
      earliest = Math.min(earliest, sequence.deadline());
    }
    return earliest;
  }

  /** Returns who goes next of those that may; null if there is none. */
  @Nullable Sequence next(List<Sequence> running, Predicate<Sequence> mayGo) {
    List<Sequence> refused = new ArrayList<>();
    while (refused.size() < waiting.size()) {
      Sequence first = first(running, refused);
      if (mayGo.test(first)) {
        return first;
      }
      refused.add(first);
    }
    return null;
  }

  private Sequence first(List<Sequence> running, List<Sequence> except) {
    Sequence best = null;
    long bestRank = 0;
    for (int i = 0; i < waiting.size(); i++) {
      Sequence sequence = waiting.get(i);
      if (except.contains(sequence)) {
        continue;
      }
      long rank = rank(sequence, i < evicted, running);
      if (best == null || rank < bestRank) {
        best = sequence;
        bestRank = rank;
      }
    }
    if (best == null) {
      throw new IllegalStateException("nobody waits");
    }
    return best;
  }

  /** Smaller goes first. */
  private static long rank(Sequence sequence, boolean hadPlace, List<Sequence> running) {
    int ofCaller = 0;
    String caller = sequence.terms().caller();
    for (int i = 0; !hadPlace && i < running.size(); i++) {
      ofCaller += running.get(i).terms().caller().equals(caller) ? 1 : 0;
    }
    return ((long) -sequence.terms().priority() << 32) + (hadPlace ? -1 : ofCaller);
  }
}
