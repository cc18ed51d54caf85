package org.mlcengine.scheduler;

import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;

/** Short work on the engine's thread, done one piece between two steps. */
final class EngineTasks {
  private record Task<T>(Supplier<T> work, CompletableFuture<T> result) {
    void run() {
      try {
        result.complete(work.get());
      } catch (RuntimeException e) {
        result.completeExceptionally(e);
      }
    }
  }

  private final Queue<Task<?>> tasks = new ConcurrentLinkedQueue<>();

  <T> void add(Supplier<T> work, CompletableFuture<T> result) {
    tasks.add(new Task<>(work, result));
  }

  boolean isEmpty() {
    return tasks.isEmpty();
  }

  /** Does the work that waits longest, if there is any. What it throws, its result throws. */
  void runNext() {
    Task<?> next = tasks.poll();
    if (next != null) {
      next.run();
    }
  }

  void failAll(RuntimeException cause) {
    for (Task<?> next = tasks.poll(); next != null; next = tasks.poll()) {
      next.result.completeExceptionally(cause);
    }
  }
}
