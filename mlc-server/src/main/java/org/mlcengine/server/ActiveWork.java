package org.mlcengine.server;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The requests that are being handled, and whether more are taken. */
final class ActiveWork {
  private final Set<Task> tasks = ConcurrentHashMap.newKeySet();
  private int requests;
  private boolean draining;

  /** A reply that is being generated for a model. */
  interface Task {
    String model();

    /** Stops the work; the client is answered with this error. */
    void stop(ApiError error);
  }

  synchronized void begin() {
    requests++;
  }

  synchronized void end() {
    requests--;
    notifyAll();
  }

  synchronized int requests() {
    return requests;
  }

  /** Takes no more tasks. */
  synchronized void drain() {
    draining = true;
  }

  synchronized boolean draining() {
    return draining;
  }

  /**
   * Adds a task, which is removed when it ends.
   *
   * @throws ApiException if no more are taken
   */
  void add(Task task) {
    if (draining()) {
      throw new ApiException(
          ApiError.unavailable(
              "shutting_down", "The server is shutting down. Send the request to another server."));
    }
    tasks.add(task);
  }

  void remove(Task task) {
    tasks.remove(task);
  }

  /** Stops the tasks of a model and returns how many there were. */
  int stop(String model, ApiError error) {
    int count = 0;
    for (Task task : tasks) {
      if (task.model().equals(model)) {
        task.stop(error);
        count++;
      }
    }
    return count;
  }

  /** Stops all tasks. */
  void stopAll(ApiError error) {
    tasks.forEach(task -> task.stop(error));
  }

  /** Waits until no request is left; returns whether that came about in time. */
  synchronized boolean awaitEnd(Duration time) throws InterruptedException {
    long end = System.nanoTime() + time.toNanos();
    while (requests > 0) {
      long left = (end - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        return false;
      }
      wait(left);
    }
    return true;
  }
}
