package org.mlcengine.scheduler;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.EngineClosedException;
import org.mlcengine.errors.EngineFailedException;

/**
 * What callers hand to the engine's thread: work, and the wish that it ends. All methods may be
 * called from any thread, but {@link #await}, {@link #take} and {@link #end} belong to the
 * engine's.
 *
 * @param <T> a piece of work
 */
final class Arrivals<T> {
  /** What the engine's thread has taken before. Asked by that thread, with the lock held. */
  interface Work {
    /** Returns whether a step would compute something. */
    boolean isDue();

    /** Returns whether nothing is left. */
    boolean isDone();

    /** Returns when a step is due at the latest, on the clock; {@link Long#MAX_VALUE} for never. */
    default long deadline() {
      return Long.MAX_VALUE;
    }
  }

  private final LongSupplier clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<T> arrived = new ArrayDeque<>();
  private boolean woken;
  private boolean draining;
  private boolean closed;
  private @Nullable EngineFailedException failure;

  /**
   * Creates an empty line.
   *
   * @param clock nanoseconds, as {@link System#nanoTime}
   */
  Arrivals(LongSupplier clock) {
    this.clock = clock;
  }

  /**
   * Adds work: all or none.
   *
   * @param check told how many have arrived before; refuses by what it throws
   * @throws EngineClosedException if no more is taken
   * @throws EngineFailedException if the engine's thread failed before
   */
  void add(Collection<T> work, IntConsumer check) {
    whileOpen(
        () -> {
          check.accept(arrived.size());
          arrived.addAll(work);
        });
  }

  /** Runs something that the engine's thread then looks at; throws as {@link #add} does. */
  void whileOpen(Runnable change) {
    locked(
        () -> {
          if (failure != null) {
            throw new EngineFailedException(
                "The engine failed before: "
                    + failure.getMessage()
                    + " Close it and build a new one.",
                failure);
          }
          if (closed || draining) {
            throw new EngineClosedException();
          }
          change.run();
        });
  }

  /** Makes the engine's thread take a step. */
  void wake() {
    locked(() -> woken = true);
  }

  /** Refuses more work, and lets the engine's thread end when the rest is done. */
  void drain() {
    locked(() -> draining = true);
  }

  /** Refuses more work, and lets the engine's thread end after the step under way. */
  void close() {
    locked(() -> closed = true);
  }

  private void locked(Runnable change) {
    lock.lock();
    try {
      change.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Computes something from how many have arrived, while none is added or taken. */
  <R> R count(IntFunction<R> function) {
    lock.lock();
    try {
      return function.apply(arrived.size());
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for a reason to step.
   *
   * @return false once the line is closed, or drained and all work done
   */
  boolean await(Work work) {
    lock.lock();
    try {
      boolean late = false;
      while (!ended(work) && !woken && !late && arrived.isEmpty() && !work.isDue()) {
        late = awaitChange(work.deadline());
      }
      woken = false;
      return !ended(work);
    } finally {
      lock.unlock();
    }
  }

  private boolean ended(Work work) {
    return closed || draining && arrived.isEmpty() && work.isDone();
  }

  /** Waits for a signal; returns true if the deadline came first. */
  private boolean awaitChange(long deadline) {
    if (deadline == Long.MAX_VALUE) {
      changed.awaitUninterruptibly();
      return false;
    }
    try {
      return changed.awaitNanos(Math.max(1, deadline - clock.getAsLong())) <= 0;
    } catch (InterruptedException e) {
      // Nobody interrupts the engine's thread but by mistake; its work goes on.
      return false;
    }
  }

  /** Hands over what has arrived, if anything; {@link #count} waits meanwhile. */
  void take(Consumer<Collection<T>> taker) {
    lock.lock();
    try {
      if (!arrived.isEmpty()) {
        taker.accept(arrived);
        arrived.clear();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes no more work from now on.
   *
   * @param cause why the engine's thread cannot go on; null if it was asked to end
   * @return what has arrived and was not taken
   */
  List<T> end(@Nullable EngineFailedException cause) {
    lock.lock();
    try {
      closed = true;
      failure = cause;
      List<T> left = new ArrayList<>(arrived);
      arrived.clear();
      return left;
    } finally {
      lock.unlock();
    }
  }
}
