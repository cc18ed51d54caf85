package org.mlcengine.benchmarks;

import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.mlcengine.CompletionStream;
import org.mlcengine.MLCEngine;
import org.mlcengine.protocol.Completion;
import org.mlcengine.protocol.CompletionCreateParams;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Microseconds of a token through the whole engine: a greedy stream of 256 tokens after a prompt of
 * 8, read to its end. {@code -prof gc} shows what a token allocates, on all threads.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 5)
@Measurement(iterations = 5, time = 5)
@SuppressWarnings("NullAway.Init")
public class GenerationBenchmark {
  private static final int TOKENS = 256;

  private MLCEngine engine;
  private CompletionCreateParams request;

  /** Opens the model. */
  @Setup(Level.Trial)
  public void open() {
    engine =
        MLCEngine.builder()
            .model(BenchmarkModel.folder())
            .threads(BenchmarkModel.threads())
            .build();
    request =
        CompletionCreateParams.builder()
            .promptTokens(IntStream.range(100, 108).toArray())
            .maxTokens(TOKENS)
            .temperature(0)
            .ignoreEos(true)
            .build();
  }

  /** Closes the model. */
  @TearDown(Level.Trial)
  public void close() {
    engine.close();
  }

  /** One stream. */
  @Benchmark
  @OperationsPerInvocation(TOKENS)
  public int generate() {
    int characters = 0;
    try (CompletionStream<Completion> reply = engine.completions().createStreaming(request)) {
      for (Completion chunk : reply) {
        for (Completion.Choice choice : chunk.choices()) {
          characters += choice.text().length();
        }
      }
    }
    return characters;
  }
}
