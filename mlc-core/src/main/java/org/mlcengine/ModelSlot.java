package org.mlcengine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.EngineClosedException;
import org.mlcengine.errors.ModelNotLoadedException;

/** The model that requests run on. Another can take its place while it works off what it has. */
final class ModelSlot implements AutoCloseable {
  /** A model that is open, and facts of it. */
  record Loaded(EngineInfo info, Service service) {}

  /** The model that requests run on; null if there is none. */
  private volatile @Nullable Loaded current;

  /** Models that take no more requests and have not ended yet. */
  private final List<Loaded> leaving = new ArrayList<>();

  /** Held while a model is opened, which may take long; taken before the monitor. */
  private final ReentrantLock opening = new ReentrantLock();

  /** The model whose memory was freed for want of requests; null if there is none. */
  private volatile @Nullable Resting resting;

  private final EngineListener listener;
  private final UnaryOperator<Loaded> reopener;
  private final @Nullable IdleUnload idle;
  private boolean closed;

  /** A model that the next request loads again, and what its engine had done. */
  private record Resting(Loaded before, EngineMetrics metrics) {}

  /**
   * Creates a slot.
   *
   * @param reopener loads a model of the slot again
   * @param idle tells when to free the model until the next request; null to keep it
   */
  ModelSlot(
      Loaded first,
      EngineListener listener,
      UnaryOperator<Loaded> reopener,
      @Nullable IdleUnload idle) {
    current = first;
    this.listener = idle == null ? listener : new Counted(listener, idle);
    this.reopener = reopener;
    this.idle = idle;
  }

  /** Counts the requests under way by their ends. */
  private record Counted(EngineListener listener, IdleUnload idle) implements EngineListener {
    @Override
    public void onRequestEnd(RequestSummary request) {
      idle.ended();
      listener.onRequestEnd(request);
    }
  }

  /**
   * Starts a request, or runs it whole. If the model takes no more requests, since another has
   * taken its place, the request runs on that one. The listener hears of its end.
   *
   * @param choices how many replies or vectors are asked for
   */
  <T> T run(
      RequestSummary.Operation operation,
      int choices,
      BiFunction<Service, RequestReport, T> request) {
    RequestReport report = new RequestReport(listener, operation, choices);
    if (idle != null) {
      idle.began();
    }
    try {
      return run(request, report);
    } catch (RuntimeException e) {
      report.refused(e);
      throw e;
    }
  }

  private <T> T run(BiFunction<Service, RequestReport, T> request, RequestReport report) {
    while (true) {
      Loaded now = loaded();
      report.runsOn(now.info.model());
      try {
        return request.apply(now.service, report);
      } catch (EngineClosedException e) {
        if (now == current || report.isSettled()) {
          throw e;
        }
      }
    }
  }

  /** Returns the model that requests run on, and loads it again if it rests. */
  Loaded loaded() {
    Loaded now = current;
    return now != null ? now : wake();
  }

  private Loaded wake() {
    opening.lock();
    try {
      requireOpen();
      Loaded now = current;
      if (now != null) {
        return now;
      }
      Resting last = resting;
      if (last == null) {
        throw new ModelNotLoadedException();
      }
      return open(() -> reopener.apply(last.before));
    } finally {
      opening.unlock();
    }
  }

  /** Frees the model's memory until the next request. */
  synchronized void rest() {
    Loaded before = current;
    if (closed || before == null) {
      return;
    }
    put(null, new Resting(before, before.service.metrics().atRest()));
  }

  /** Returns facts of the model; one that rests stays at rest. */
  EngineInfo info() {
    Resting last = resting;
    return last != null ? last.before.info : loaded().info;
  }

  /** Returns what the model does; one that rests stays at rest. */
  EngineMetrics metrics() {
    Resting last = resting;
    return last != null ? last.metrics : loaded().service.metrics();
  }

  /** Opens a model and puts it in the place of the one before, which works off what it has. */
  void replace(Supplier<Loaded> opener) {
    opening.lock();
    try {
      requireOpen();
      open(opener);
    } finally {
      opening.unlock();
    }
  }

  private Loaded open(Supplier<Loaded> opener) {
    Loaded next = opener.get();
    try {
      exchange(next);
    } catch (EngineClosedException e) {
      next.service.close();
      throw e;
    }
    return next;
  }

  /** Waits until the model has worked off what it has, and closes it. */
  void empty() {
    Loaded before;
    opening.lock();
    try {
      before = exchange(null);
    } finally {
      opening.unlock();
    }
    if (before != null) {
      before.service.awaitEnd();
    }
  }

  private synchronized @Nullable Loaded exchange(@Nullable Loaded next) {
    requireOpen();
    return put(next, null);
  }

  private @Nullable Loaded put(@Nullable Loaded next, @Nullable Resting rest) {
    Loaded before = current;
    resting = rest;
    current = next;
    leaving.removeIf(model -> model.service.hasEnded());
    if (before != null) {
      leaving.add(before);
      before.service.drain();
    }
    return before;
  }

  /** Checks that the engine is open. */
  synchronized void requireOpen() {
    if (closed) {
      throw new EngineClosedException();
    }
  }

  /** Closes every model, one that is being opened as soon as it is open. */
  @Override
  public void close() {
    closeOpen();
    opening.lock();
    opening.unlock();
  }

  private synchronized void closeOpen() {
    closed = true;
    if (idle != null) {
      idle.close();
    }
    leaving.forEach(model -> model.service.close());
    leaving.clear();
    Loaded last = current;
    if (last != null) {
      last.service.close();
    }
  }
}
