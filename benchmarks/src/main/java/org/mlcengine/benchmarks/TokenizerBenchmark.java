package org.mlcengine.benchmarks;

import java.util.concurrent.TimeUnit;
import org.mlcengine.tokenizer.Tokenizer;
import org.mlcengine.tokenizer.files.Tokenizers;
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
import org.openjdk.jmh.annotations.Warmup;

/** Microseconds to encode and decode ten kilobytes of English. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init")
public class TokenizerBenchmark {
  private static final String SENTENCE =
      "It was on a dreary night of November, in the year 1818, that I didn't finish 12,345 words; ";

  private Tokenizer tokenizer;
  private String text;
  private int[] ids;

  /** Loads the default model's tokenizer. */
  @Setup(Level.Trial)
  public void load() {
    tokenizer = Tokenizers.load(BenchmarkModel.folder());
    text = SENTENCE.repeat(10_000 / SENTENCE.length());
    ids = tokenizer.encode(text);
  }

  /** Text to ids. */
  @Benchmark
  public int[] encode() {
    return tokenizer.encode(text);
  }

  /** Ids to text. */
  @Benchmark
  public String decode() {
    return tokenizer.decode(ids);
  }
}
