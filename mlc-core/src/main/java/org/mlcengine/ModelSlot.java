package org.mlcengine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import java.util.function.Supplier;
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

  private final EngineListener listener;
  private boolean closed;

  ModelSlot(Loaded first, EngineListener listener) {
    current = first;
    this.listener = listener;
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

  /** Returns the model that requests run on. */
  Loaded loaded() {
    Loaded now = current;
    if (now == null) {
      throw new ModelNotLoadedException();
    }
    return now;
  }

  /** Opens a model and puts it in the place of the one before, which works off what it has. */
  void replace(Supplier<Loaded> opener) {
    opening.lock();
    try {
      requireOpen();
      Loaded next = opener.get();
      try {
        exchange(next);
      } catch (EngineClosedException e) {
        next.service.close();
        throw e;
      }
    } finally {
      opening.unlock();
    }
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
    Loaded before = current;
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
    leaving.forEach(model -> model.service.close());
    leaving.clear();
    Loaded last = current;
    if (last != null) {
      last.service.close();
    }
  }
}
