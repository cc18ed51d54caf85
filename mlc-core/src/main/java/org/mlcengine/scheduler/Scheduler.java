package org.mlcengine.scheduler;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.EngineClosedException;
import org.mlcengine.errors.EngineFailedException;
import org.mlcengine.runtime.LanguageModel;

/**
 * Advances sequences step by step. A step is a chunk of one sequence's prefill, or one decode of
 * every sequence that is ready; where both are due they alternate, so that a long prompt does not
 * stall the replies under way.
 *
 * <p>Sequences are admitted in the order of their arrival while there are places and KV pages. When
 * pages run out, the sequence admitted last gives its pages back and is computed again later.
 *
 * <p>{@link #submit}, {@link #wake} and {@link #close} may be called from any thread. {@link #run}
 * and {@link #step} belong to the thread that owns the model.
 */
public final class Scheduler {
  private final LanguageModel model;
  private final StepRunner steps;
  private final int maxSequences;
  private final int prefillChunk;
  private final LongSupplier clock;
  private final StepMeter prefills = new StepMeter();
  private final StepMeter decodes = new StepMeter();

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<Sequence> arrivals = new ArrayDeque<>();
  private boolean woken;
  private boolean closed;
  private @Nullable EngineFailedException failure;

  private final ArrayDeque<Sequence> waiting = new ArrayDeque<>();
  private final List<Sequence> running = new ArrayList<>();

  /** The sequences of the step under way; kept, so that a step allocates nothing. */
  private final List<Sequence> batch = new ArrayList<>();

  private boolean decodedLast = true;
  private long nextId;

  /**
   * Creates a scheduler.
   *
   * @param model opened by the thread that will call {@link #run}
   * @param maxSequences how many sequences may hold KV pages at once
   * @param prefillChunk how many tokens one step may compute
   * @param clock nanoseconds, as {@link System#nanoTime}
   */
  public Scheduler(LanguageModel model, int maxSequences, int prefillChunk, LongSupplier clock) {
    this.model = model;
    this.steps = new StepRunner(model, clock);
    this.maxSequences = maxSequences;
    this.prefillChunk = prefillChunk;
    this.clock = clock;
  }

  /**
   * Puts a sequence into the queue.
   *
   * @throws EngineClosedException if the scheduler is closed
   * @throws EngineFailedException if the model failed before
   */
  public void submit(Sequence sequence) {
    lock.lock();
    try {
      refuseIfEnded();
      sequence.submitted(clock.getAsLong());
      arrivals.add(sequence);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Makes the scheduler look again at its sequences: one was cancelled, or a reader has room. */
  public void wake() {
    lock.lock();
    try {
      woken = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Makes {@link #run} return after the step under way. */
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Returns what the steps that computed a part of a prompt have taken. Callable by any thread. */
  public StepTimes prefills() {
    return prefills.times();
  }

  /** Returns what the steps that computed one token of each sequence have taken. */
  public StepTimes decodes() {
    return decodes.times();
  }

  /** Runs steps until the scheduler is closed or the model fails; then fails what is left. */
  public void run() {
    try {
      while (awaitWork()) {
        step();
      }
      failAll(new EngineClosedException());
    } catch (RuntimeException | Error e) {
      failAll(fail(e));
    }
  }

  /**
   * Runs one step if one is due.
   *
   * @return whether a step was run
   * @throws EngineFailedException if the model can no longer be used
   */
  boolean step() {
    long start = clock.getAsLong();
    collectArrivals();
    dropCancelled();
    admit();
    Sequence prefill = nextPrefill();
    boolean decodeReady = canDecode();
    if (prefill != null && (!decodeReady || decodedLast)) {
      decodedLast = false;
      batch.clear();
      batch.add(prefill);
      run(Math.min(prefill.pending(), prefillChunk), start, prefills);
      return true;
    }
    if (decodeReady) {
      decodedLast = true;
      keepWithinPages();
      collectDecodes();
      if (!batch.isEmpty()) {
        run(1, start, decodes);
      }
      return true;
    }
    return false;
  }

  /** Computes {@code count} tokens of each sequence of the batch, in a step that began before. */
  private void run(int count, long start, StepMeter meter) {
    long nativeStart = model.nativeNanos();
    List<StepRunner.Outcome> outcomes = steps.run(batch, count);
    // Whoever hears of an end finds this step among those that were measured.
    meter.add(
        (long) count * batch.size(), clock.getAsLong() - start, model.nativeNanos() - nativeStart);
    settle(outcomes);
  }

  /** Waits for a reason to step; returns false once the scheduler is closed. */
  private boolean awaitWork() {
    lock.lock();
    try {
      while (!closed && !woken && arrivals.isEmpty() && !ready()) {
        changed.awaitUninterruptibly();
      }
      woken = false;
      return !closed;
    } finally {
      lock.unlock();
    }
  }

  private boolean ready() {
    return nextPrefill() != null || canDecode();
  }

  private void collectArrivals() {
    lock.lock();
    try {
      waiting.addAll(arrivals);
      arrivals.clear();
    } finally {
      lock.unlock();
    }
  }

  private void dropCancelled() {
    for (Iterator<Sequence> all = waiting.iterator(); all.hasNext(); ) {
      Sequence sequence = all.next();
      if (sequence.cancelled()) {
        all.remove();
        end(sequence, EndReason.ABORT);
      }
    }
    for (int i = running.size() - 1; i >= 0; i--) {
      Sequence sequence = running.get(i);
      if (sequence.cancelled()) {
        release(sequence);
        running.remove(i);
        end(sequence, EndReason.ABORT);
      }
    }
  }

  private void admit() {
    while (!waiting.isEmpty() && running.size() < maxSequences) {
      Sequence next = waiting.peek();
      if (!running.isEmpty() && usedPages() + pages(next.length() + 1) > model.pages()) {
        return;
      }
      waiting.remove();
      next.admit(nextId++);
      running.add(next);
      model.addSequence(next.id());
    }
  }

  private @Nullable Sequence nextPrefill() {
    for (int i = 0; i < running.size(); i++) {
      if (!running.get(i).decoding()) {
        return running.get(i);
      }
    }
    return null;
  }

  private boolean canDecode() {
    for (int i = 0; i < running.size(); i++) {
      if (canDecode(running.get(i))) {
        return true;
      }
    }
    return false;
  }

  private static boolean canDecode(Sequence sequence) {
    return sequence.decoding() && sequence.listener().hasRoom();
  }

  private void collectDecodes() {
    batch.clear();
    for (int i = 0; i < running.size(); i++) {
      if (canDecode(running.get(i))) {
        batch.add(running.get(i));
      }
    }
  }

  /** Evicts the sequences admitted last until the others' pages suffice for one more token each. */
  private void keepWithinPages() {
    while (running.size() > 1 && usedPages() > model.pages()) {
      Sequence last = running.removeLast();
      release(last);
      last.evict();
      waiting.addFirst(last);
    }
  }

  private int usedPages() {
    int used = 0;
    for (int i = 0; i < running.size(); i++) {
      used += pages(running.get(i).length());
    }
    return used;
  }

  private int pages(int tokens) {
    return (tokens + model.pageSize() - 1) / model.pageSize();
  }

  private void settle(List<StepRunner.Outcome> outcomes) {
    for (StepRunner.Outcome outcome : outcomes) {
      Sequence sequence = outcome.sequence();
      release(sequence);
      running.remove(sequence);
      if (outcome.failure() != null) {
        sequence.listener().onFailure(outcome.failure());
      } else if (outcome.end() != null) {
        end(sequence, outcome.end());
      }
    }
  }

  private void release(Sequence sequence) {
    if (sequence.admitted()) {
      model.removeSequence(sequence.id());
    }
  }

  private void end(Sequence sequence, EndReason reason) {
    sequence.listener().onEnd(reason, sequence.times(clock.getAsLong()));
  }

  private void refuseIfEnded() {
    if (failure != null) {
      throw new EngineFailedException(
          "The engine failed before: " + failure.getMessage() + " Close it and build a new one.",
          failure);
    }
    if (closed) {
      throw new EngineClosedException();
    }
  }

  private EngineFailedException fail(Throwable cause) {
    EngineFailedException failed =
        new EngineFailedException("The model's state is lost: " + cause.getMessage(), cause);
    lock.lock();
    try {
      failure = failed;
    } finally {
      lock.unlock();
    }
    return failed;
  }

  private void failAll(RuntimeException cause) {
    lock.lock();
    try {
      closed = true;
      waiting.addAll(arrivals);
      arrivals.clear();
    } finally {
      lock.unlock();
    }
    running.forEach(sequence -> sequence.listener().onFailure(cause));
    waiting.forEach(sequence -> sequence.listener().onFailure(cause));
    running.clear();
    waiting.clear();
  }
}
