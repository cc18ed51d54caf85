package org.mlcengine.races;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jetbrains.lincheck.Lincheck;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.jspecify.annotations.Nullable;

/**
 * Threads whose steps are interleaved in many ways, one after the other. The ways are the same in
 * every run; one that fails is printed. Threads that wait for each other for ever fail as well.
 * {@code -Draces.schedules} sets how many are tried.
 */
public final class Race {
  private static final int SCHEDULES = Integer.getInteger("races.schedules", 50);
  private static final int MAX_ATTEMPTS = 3;
  private static final int HANGING_SECONDS = 120;

  private final List<Thread> threads = new ArrayList<>();
  private final AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();

  private Race() {}

  /** What a thread does. */
  @FunctionalInterface
  public interface Action {
    /** Does it. */
    void run() throws Exception;
  }

  /** Runs a scenario under many schedules; it must make all its objects anew. */
  public static void explore(Runnable scenario) {
    // What the JVM links at its first use it links now; else two threads may wait for that.
    runOnce(scenario);
    for (int attempt = 1; ; attempt++) {
      try {
        Lincheck.runConcurrentTest(SCHEDULES, scenario);
        return;
      } catch (LincheckAssertionError e) {
        // A process that stood still passes for one that hangs, and no schedule explains it.
        if (attempt == MAX_ATTEMPTS || String.valueOf(e.getMessage()).contains("interleaving")) {
          throw e;
        }
      }
    }
  }

  /** Runs a scenario as it comes. Here nobody else would notice that its threads hang. */
  private static void runOnce(Runnable scenario) {
    try {
      CompletableFuture.runAsync(scenario).get(HANGING_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError("the threads wait for each other for ever", e);
    } catch (ExecutionException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Runs the actions, each on a thread of its own, until all have ended. */
  public static void run(Action... actions) {
    Race race = new Race();
    for (Action action : actions) {
      race.threads.add(new Thread(() -> race.attempt(action)));
    }
    race.threads.forEach(Thread::start);
    try {
      for (Thread thread : race.threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    Throwable failure = race.thrown.get();
    if (failure != null) {
      throw new AssertionError("a thread failed: " + failure, failure);
    }
  }

  private void attempt(Action action) {
    try {
      action.run();
    } catch (Throwable e) {
      thrown.compareAndSet(null, e);
    }
  }

  /** Objects unless the condition holds. */
  public static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new AssertionError(otherwise);
    }
  }
}
