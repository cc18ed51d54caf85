package org.mlcengine.benchmarks;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.mlcengine.sampling.Mt19937;
import org.mlcengine.sampling.Sampler;
import org.mlcengine.sampling.SamplingParams;
import org.mlcengine.sampling.TokenLogprobs;
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
 * Microseconds to draw a token from logits in native memory, as the engine has them. Each draw
 * first copies them, since drawing overwrites them: {@code copy} is that share.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init")
public class SamplerBenchmark {
  /** How probable the tokens are next to each other. */
  public enum Shape {
    /** One token has nearly all of the mass, as within a word. */
    PEAKED,
    /** A few hundred tokens have most of the mass: normal logits of deviation 3. */
    NORMAL,
    /** All tokens matter: normal logits of deviation 0.1. */
    FLAT;

    float[] logits(int vocabulary) {
      Random random = new Random(1);
      float deviation = this == FLAT ? 0.1f : 3;
      float[] values = new float[vocabulary];
      for (int i = 0; i < vocabulary; i++) {
        values[i] = (float) random.nextGaussian() * deviation;
      }
      if (this == PEAKED) {
        values[vocabulary / 3] = 30;
      }
      return values;
    }
  }

  /** Size of the vocabulary. */
  @Param({"49152", "151936"})
  public int vocabulary;

  /** The distribution. */
  @Param public Shape shape;

  private MemorySegment logits;
  private MemorySegment row;
  private Sampler greedy;
  private Sampler temperature;
  private Sampler nucleus;
  private Sampler everyCut;
  private MemorySegment few;
  private MemorySegment most;

  /** Makes the logits. */
  @Setup(Level.Trial)
  public void prepare() {
    logits = MemorySegment.ofArray(shape.logits(vocabulary));
    row = Arena.ofAuto().allocate(JAVA_FLOAT, vocabulary);
    greedy = sampler(new SamplingParams(0, 1));
    temperature = sampler(new SamplingParams(0.7, 1));
    nucleus = sampler(new SamplingParams(0.7, 0.95));
    everyCut = sampler(new SamplingParams(0.7, 40, 0.05, 0.95, 0, 0, 1, Map.of()));
    int[] words = new int[(vocabulary + 31) / 32];
    for (int i = 0; i < words.length; i += 50) {
      words[i] = 0b101;
    }
    few = MemorySegment.ofArray(words);
    most = MemorySegment.ofArray(IntStream.of(words).map(word -> ~word).toArray());
  }

  private Sampler sampler(SamplingParams params) {
    return new Sampler(params, vocabulary, new Mt19937(1));
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

  /** Temperature 0.7. */
  @Benchmark
  public int temperature() {
    return temperature.sample(row.copyFrom(logits));
  }

  /** Temperature 0.7, top_p 0.95. */
  @Benchmark
  public int temperatureAndTopP() {
    return nucleus.sample(row.copyFrom(logits));
  }

  /** Temperature 0.7, top_k 40, min_p 0.05, top_p 0.95. */
  @Benchmark
  public int everyCut() {
    return everyCut.sample(row.copyFrom(logits));
  }

  /** Temperature 0.7, top_p 0.95, from the two tokens in 1,600 that a grammar allows. */
  @Benchmark
  public int maskOfFew() {
    return nucleus.sample(row.copyFrom(logits), few);
  }

  /** Temperature 0.7, top_p 0.95, from all but the two tokens in 1,600 that a grammar forbids. */
  @Benchmark
  public int maskOfMost() {
    return nucleus.sample(row.copyFrom(logits), most);
  }

  /** Temperature 0, with the log-probabilities of the 20 most probable tokens. */
  @Benchmark
  public TokenLogprobs greedyWithLogprobs() {
    greedy.sample(row.copyFrom(logits));
    return greedy.logprobs(20);
  }
}
