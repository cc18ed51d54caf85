package org.mlcengine.benchmarks.serving;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.mlcengine.CompletionStream;
import org.mlcengine.EngineMode;
import org.mlcengine.MLCEngine;
import org.mlcengine.benchmarks.BenchmarkModel;
import org.mlcengine.protocol.Completion;
import org.mlcengine.protocol.CompletionCreateParams;

/**
 * Prints what several requests at once do to each other. Rounds of all measurements alternate, and
 * each line is the median over the rounds, so that a noisy minute counts for all alike.
 */
public final class ServingReport {
  private static final int STREAMS = 8;
  private static final int REPLY = 96;
  private static final int LONG_PROMPT = 1_000;
  private static final int SHARED = 500;
  private static final int OWN = 20;

  private final MLCEngine engine;
  private int prompts;

  private ServingReport(MLCEngine engine) {
    this.engine = engine;
  }

  /**
   * Runs the report.
   *
   * @param arguments the number of rounds; 7 without
   */
  public static void main(String[] arguments) throws Exception {
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 7;
    try (MLCEngine engine =
        MLCEngine.builder()
            .model(BenchmarkModel.folder())
            .mode(EngineMode.SERVER)
            .maxNumSequence(2 * STREAMS)
            .threads(BenchmarkModel.threads())
            .build()) {
      new ServingReport(engine).run(rounds);
    }
  }

  private void run(int rounds) throws Exception {
    double[] one = new double[rounds];
    double[] many = new double[rounds];
    double[] gap = new double[rounds];
    double[] typical = new double[rounds];
    double[] cold = new double[rounds];
    double[] warm = new double[rounds];
    streams(STREAMS, false);
    for (int i = 0; i < rounds; i++) {
      one[i] = streams(1, false).tokensPerSecond();
      many[i] = streams(STREAMS, false).tokensPerSecond();
      Streams beside = streams(STREAMS, true);
      typical[i] = beside.medianGap();
      gap[i] = beside.longestGap();
      int salt = prompts++;
      cold[i] = firstToken(salt);
      warm[i] = firstToken(salt);
    }
    line("one stream, tokens/s", one);
    line(STREAMS + " streams, tokens/s", many);
    System.out.printf("%-52s %8.2f%n", "  ratio", median(many) / median(one));
    line("gap between tokens beside a long prompt, ms: median", typical);
    line("  longest", gap);
    double[] ratio = new double[rounds];
    Arrays.setAll(ratio, i -> gap[i] / typical[i]);
    line("  longest / median", ratio);
    line("first token of a new prompt, ms", cold);
    line("first token of one that begins alike, ms", warm);
    System.out.printf("%-52s %8.2f%n", "  ratio", median(warm) / median(cold));
  }

  private static void line(String what, double[] values) {
    System.out.printf("%-52s %8.2f%n", what, median(values));
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  /** When the tokens of some streams came, in nanoseconds. */
  private record Streams(List<long[]> times) {
    double tokensPerSecond() {
      long first = times.stream().mapToLong(t -> t[0]).min().orElseThrow();
      long last = times.stream().mapToLong(t -> t[t.length - 1]).max().orElseThrow();
      return times.stream().mapToInt(t -> t.length - 1).sum() / ((last - first) / 1e9);
    }

    private double[] gaps() {
      return times.stream()
          .flatMapToDouble(
              t ->
                  java.util.stream.IntStream.range(1, t.length)
                      .mapToDouble(i -> (t[i] - t[i - 1]) / 1e6))
          .toArray();
    }

    double medianGap() {
      return median(gaps());
    }

    double longestGap() {
      return Arrays.stream(gaps()).max().orElseThrow();
    }
  }

  /** Runs streams side by side; a long prompt may arrive once all of them have begun. */
  private Streams streams(int count, boolean besideLongPrompt) throws Exception {
    CountDownLatch begun = new CountDownLatch(count);
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<long[]>> all = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        CompletionCreateParams request = request(41, prompts++, REPLY);
        all.add(callers.submit(() -> times(request, begun)));
      }
      begun.await();
      if (besideLongPrompt) {
        engine.completions().create(request(LONG_PROMPT, prompts++, 1));
      }
      List<long[]> times = new ArrayList<>();
      for (Future<long[]> each : all) {
        times.add(each.get());
      }
      return new Streams(times);
    }
  }

  private long[] times(CompletionCreateParams request, CountDownLatch begun)
      throws ExecutionException {
    long[] times = new long[REPLY];
    int count = 0;
    try (CompletionStream<Completion> stream = engine.completions().createStreaming(request)) {
      for (Iterator<Completion> pieces = stream.iterator(); pieces.hasNext(); ) {
        if (!pieces.next().choices().getFirst().text().isEmpty() && count < REPLY) {
          times[count++] = System.nanoTime();
          if (count == 8) {
            begun.countDown();
          }
        }
      }
    }
    return Arrays.copyOf(times, count);
  }

  private double firstToken(int salt) {
    int[] tokens = tokens(SHARED + OWN, salt);
    for (int i = SHARED; i < tokens.length; i++) {
      tokens[i] = 1_000 + (prompts * 31 + i) % 20_000;
    }
    prompts++;
    long start = System.nanoTime();
    engine.completions().create(params(tokens, 1));
    return (System.nanoTime() - start) / 1e6;
  }

  private static CompletionCreateParams request(int length, int salt, int reply) {
    return params(tokens(length, salt), reply);
  }

  private static int[] tokens(int length, int salt) {
    int[] tokens = new int[length];
    Arrays.setAll(tokens, i -> 1_000 + (salt * 7_919 + i * 131) % 30_000);
    return tokens;
  }

  private static CompletionCreateParams params(int[] tokens, int reply) {
    return CompletionCreateParams.builder()
        .promptTokens(tokens)
        .temperature(0)
        .ignoreEos(true)
        .maxTokens(reply)
        .build();
  }
}
