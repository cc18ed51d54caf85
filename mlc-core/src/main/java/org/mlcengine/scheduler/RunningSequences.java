package org.mlcengine.scheduler;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The sequences that have a place in the KV cache, and what each of them could do next. */
final class RunningSequences {
  /** Tokens of a pass of an idle sequence, short enough for who comes meanwhile. */
  private static final int IDLE_PART = 128;

  private final List<Sequence> running = new ArrayList<>();

  /** The sequences of the pass under way; kept, so that a step allocates nothing. */
  private final List<Sequence> batch = new ArrayList<>();

  /** Returns them all, those that were admitted first at the front. */
  List<Sequence> all() {
    return running;
  }

  /** Returns whether a part of a prompt can be computed. */
  boolean canPrefill() {
    for (int i = 0; i < running.size(); i++) {
      if (!running.get(i).decoding()) {
        return true;
      }
    }
    return false;
  }

  /** Returns whether a sequence can go on by a token. */
  boolean canDecode() {
    for (int i = 0; i < running.size(); i++) {
      if (canDecode(running.get(i))) {
        return true;
      }
    }
    return false;
  }

  /** A reader's pause does not keep known tokens from being computed again. */
  private static boolean canDecode(Sequence sequence) {
    return sequence.decoding() && (sequence.pending() > 1 || sequence.listener().hasRoom());
  }

  /** Plans parts of prompts within a budget, those of high priorities first. */
  List<Sequence> planPrefill(ChunkBudget budget, boolean besideDecodes) {
    batch.clear();
    int left = budget.tokens(besideDecodes);
    while (left > 0) {
      Sequence next = nextPrefill();
      if (next == null || next.suspect() && !batch.isEmpty()) {
        return batch;
      }
      int remaining = next.promptLength() - next.computed();
      remaining = next.idle() ? Math.min(IDLE_PART, remaining) : remaining;
      next.plan(batch.isEmpty() ? budget.part(remaining, left) : Math.min(remaining, left));
      left -= next.planned();
      batch.add(next);
      if (next.suspect()) {
        return batch;
      }
    }
    return batch;
  }

  private @Nullable Sequence nextPrefill() {
    Sequence best = null;
    for (int i = 0; i < running.size(); i++) {
      Sequence sequence = running.get(i);
      if (!sequence.decoding()
          && !batch.contains(sequence)
          && (best == null || sequence.terms().priority() > best.terms().priority())) {
        best = sequence;
      }
    }
    return best;
  }

  /** Plans one token of each sequence that can go on. */
  List<Sequence> planDecode() {
    batch.clear();
    for (int i = 0; i < running.size(); i++) {
      Sequence sequence = running.get(i);
      if (!canDecode(sequence)) {
        continue;
      }
      sequence.plan(1);
      if (sequence.suspect()) {
        batch.clear();
        batch.add(sequence);
        return batch;
      }
      batch.add(sequence);
    }
    return batch;
  }

  /** Takes the place from who has it with the least right; null if there is but one. */
  @Nullable Sequence preempt() {
    if (running.size() < 2) {
      return null;
    }
    Sequence last = running.getLast();
    for (int i = running.size() - 1; i >= 0; i--) {
      if (running.get(i).terms().priority() < last.terms().priority()) {
        last = running.get(i);
      }
    }
    running.remove(last);
    batch.remove(last);
    return last;
  }

  /** Returns a sequence that nobody waits for; null if there is none. */
  @Nullable Sequence idle() {
    for (int i = 0; i < running.size(); i++) {
      if (running.get(i).idle()) {
        return running.get(i);
      }
    }
    return null;
  }

  /** Returns how many there are that somebody waits for. */
  int awaited() {
    int count = 0;
    for (int i = 0; i < running.size(); i++) {
      count += running.get(i).idle() ? 0 : 1;
    }
    return count;
  }

  /** Returns when the first time of a sequence is over. */
  long earliestDeadline() {
    long earliest = Long.MAX_VALUE;
    for (int i = 0; i < running.size(); i++) {
      earliest = Math.min(earliest, running.get(i).deadline());
    }
    return earliest;
  }
}
