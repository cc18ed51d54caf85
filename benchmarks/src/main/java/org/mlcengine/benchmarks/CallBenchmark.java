package org.mlcengine.benchmarks;

import java.util.concurrent.TimeUnit;
import org.mlcengine.bindings.TvmCall;
import org.mlcengine.bindings.TvmFunction;
import org.mlcengine.natives.Natives;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Nanoseconds of one call through the bindings, with prepared arguments. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init")
public class CallBenchmark {
  private TvmCall threads;

  /** Prepares the call of a function that only reads a number. */
  @Setup(Level.Trial)
  public void prepare() {
    Natives.load();
    try (TvmFunction function = TvmFunction.global("runtime.NumThreads")) {
      threads = function.prepare(0);
    }
  }

  /** Closes the call. */
  @TearDown(Level.Trial)
  public void close() {
    threads.close();
  }

  /** One call and its integer result. */
  @Benchmark
  public long call() {
    threads.invoke();
    return threads.resultLong();
  }
}
