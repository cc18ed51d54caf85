package org.mlcengine.benchmarks;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.util.concurrent.TimeUnit;
import org.mlcengine.runtime.ForwardBatch;
import org.mlcengine.runtime.TvmLanguageModel;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Milliseconds to prefill a prompt. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 5)
@Measurement(iterations = 5, time = 5)
@SuppressWarnings("NullAway.Init")
public class PrefillBenchmark {
  /** Length of the prompt in tokens. */
  @Param({"41", "128", "512"})
  public int tokens;

  private final ForwardBatch batch = new ForwardBatch();
  private int[] prompt;
  private TvmLanguageModel model;

  /** Opens the model. */
  @Setup(Level.Trial)
  public void open() {
    model = BenchmarkModel.open(BenchmarkModel.folder(), null);
    prompt = new int[tokens];
    for (int i = 0; i < tokens; i++) {
      prompt[i] = 100 + i;
    }
  }

  /** Closes the model. */
  @TearDown(Level.Trial)
  public void close() {
    model.close();
  }

  /** Prefills one sequence in chunks of at most the engine's size. */
  @Benchmark
  public float prefill() {
    int chunk = model.facts().plan().limits().prefillChunk();
    float last = 0;
    model.addSequence(0);
    for (int from = 0; from < tokens; from += chunk) {
      batch.clear();
      batch.add(0, prompt, from, Math.min(chunk, tokens - from));
      last = model.forward(batch).getAtIndex(JAVA_FLOAT, 0);
    }
    model.removeSequence(0);
    return last;
  }
}
