package org.mlcengine.benchmarks.compare;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Several replies that stream at the same time. */
public final class Replies {
  private Replies() {}

  /** A streamed reply. */
  @FunctionalInterface
  public interface Reply {
    /** Reads the reply to its end; returns when each piece arrived, by {@link System#nanoTime}. */
    long[] arrivals() throws Exception;
  }

  /**
   * Runs a reply several times at once, each on its own thread.
   *
   * @param tokens tokens of each reply, which may be more than its pieces
   * @return {@link #rate} of them
   */
  public static double together(int count, int tokens, Reply reply) throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(count)) {
      Callable<long[]> task = reply::arrivals;
      List<long[]> arrivals = new ArrayList<>();
      for (Future<long[]> each : threads.invokeAll(Collections.nCopies(count, task))) {
        arrivals.add(each.get());
      }
      return rate(arrivals, tokens);
    }
  }

  /**
   * Returns the tokens per second of all replies together while all of them run: from the latest
   * first piece to the earliest last one. Tokens without a piece of their own are spread evenly.
   */
  static double rate(List<long[]> arrivals, int tokens) {
    long from = arrivals.stream().mapToLong(times -> times[0]).max().orElseThrow();
    long to = arrivals.stream().mapToLong(times -> times[times.length - 1]).min().orElseThrow();
    double running =
        arrivals.stream()
            .mapToDouble(
                times -> {
                  long pieces = Arrays.stream(times).filter(at -> at > from && at <= to).count();
                  return (double) pieces * tokens / times.length;
                })
            .sum();
    return to > from ? running / ((to - from) / 1e9) : 0;
  }
}
