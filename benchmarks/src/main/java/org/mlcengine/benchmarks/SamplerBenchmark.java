package org.mlcengine.benchmarks;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.mlcengine.sampling.Mt19937;
import org.mlcengine.sampling.Sampler;
import org.mlcengine.sampling.SamplingParams;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Microseconds to draw a token. The logits are normal with deviation 3; each draw first copies
 * them, since drawing overwrites them: {@code copy} is that share.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init")
public class SamplerBenchmark {
  /** Size of the vocabulary. */
  @Param({"49152", "151936"})
  public int vocabulary;

  private MemorySegment logits;
  private MemorySegment row;
  private Sampler greedy;
  private Sampler nucleus;

  /** Makes the logits. */
  @Setup(Level.Trial)
  public void prepare() {
    Random random = new Random(1);
    float[] values = new float[vocabulary];
    for (int i = 0; i < vocabulary; i++) {
      values[i] = (float) random.nextGaussian() * 3;
    }
    logits = MemorySegment.ofArray(values);
    row = MemorySegment.ofArray(new float[vocabulary]);
    greedy = new Sampler(new SamplingParams(0, 1), vocabulary, new Mt19937(1));
    nucleus = new Sampler(new SamplingParams(0.7, 0.95), vocabulary, new Mt19937(1));
  }

  /** The copy alone. */
  @Benchmark
  public MemorySegment copy() {
    return row.copyFrom(logits);
  }

  /** Temperature 0. */
  @Benchmark
  public int greedy() {
    return greedy.sample(row.copyFrom(logits));
  }

  /** Temperature 0.7, top_p 0.95. */
  @Benchmark
  public int temperatureAndTopP() {
    return nucleus.sample(row.copyFrom(logits));
  }
}
