package org.mlcengine.benchmarks;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.util.concurrent.TimeUnit;
import org.mlcengine.runtime.ForwardBatch;
import org.mlcengine.runtime.Phase;
import org.mlcengine.runtime.TvmLanguageModel;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Decoded tokens per second: a context of 50 tokens grows by 32, in one or four sequences. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 5)
@Measurement(iterations = 5, time = 5)
@SuppressWarnings("NullAway.Init")
public class DecodeBenchmark {
  private static final int STEPS = 32;
  private static final int CONTEXT = 50;

  /** How many sequences decode together. */
  @Param({"1", "4"})
  public int sequences;

  private final ForwardBatch batch = new ForwardBatch();
  private final int[] tokens = new int[CONTEXT];
  private TvmLanguageModel model;

  /** Opens the model. */
  @Setup(Level.Trial)
  public void open() {
    model = BenchmarkModel.open(BenchmarkModel.folder(), null);
    for (int i = 0; i < CONTEXT; i++) {
      tokens[i] = 100 + i;
    }
  }

  /** Prefills the sequences. */
  @Setup(Level.Invocation)
  public void prefill() {
    for (int id = 0; id < sequences; id++) {
      model.addSequence(id);
      batch.clear();
      batch.add(id, tokens, 0, CONTEXT);
      model.forward(batch);
    }
  }

  /** Removes the sequences. */
  @TearDown(Level.Invocation)
  public void remove() {
    for (int id = 0; id < sequences; id++) {
      model.removeSequence(id);
    }
  }

  /** Closes the model. */
  @TearDown(Level.Trial)
  public void close() {
    model.close();
  }

  /**
   * Steps of every sequence; the score is in steps per second, each of {@code sequences} tokens.
   */
  @Benchmark
  @OperationsPerInvocation(STEPS)
  public float decode() {
    float last = 0;
    for (int step = 0; step < STEPS; step++) {
      batch.clear();
      batch.phase(Phase.DECODE);
      for (int id = 0; id < sequences; id++) {
        batch.add(id, tokens, step, 1);
      }
      last = model.forward(batch).getAtIndex(JAVA_FLOAT, 0);
    }
    return last;
  }
}
