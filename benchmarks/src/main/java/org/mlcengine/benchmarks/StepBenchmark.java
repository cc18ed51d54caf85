package org.mlcengine.benchmarks;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.mlcengine.generation.ReplyText;
import org.mlcengine.generation.StopAutomaton;
import org.mlcengine.runtime.ForwardBatch;
import org.mlcengine.runtime.LanguageModel;
import org.mlcengine.sampling.Mt19937;
import org.mlcengine.sampling.Sampler;
import org.mlcengine.sampling.SamplingParams;
import org.mlcengine.scheduler.EndReason;
import org.mlcengine.scheduler.EngineThread;
import org.mlcengine.scheduler.Scheduler;
import org.mlcengine.scheduler.SchedulerLimits;
import org.mlcengine.scheduler.Sequence;
import org.mlcengine.scheduler.SequenceListener;
import org.mlcengine.scheduler.SequenceTimes;
import org.mlcengine.tokenizer.Tokenizer;
import org.mlcengine.tokenizer.files.Tokenizers;
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

/**
 * Microseconds that the engine's thread spends on a decode step around the forward pass: forming
 * the batch, greedy draws, and the text of each token. The model computes nothing: its logits are
 * always the same.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init")
public class StepBenchmark {
  private static final int STEPS = 256;
  private static final int VOCABULARY = 49_152;

  /** How many sequences decode together. */
  @Param({"1", "4"})
  public int sequences;

  private final int[] prompt = {1, 2, 3};
  private EngineThread<Model, Scheduler> engine;
  private Tokenizer tokenizer;

  /** Starts an engine thread. */
  @Setup(Level.Trial)
  public void start() {
    tokenizer = Tokenizers.load(BenchmarkModel.folder());
    engine =
        EngineThread.start(
            "step",
            Model::new,
            model ->
                new Scheduler(
                    model, new SchedulerLimits(sequences, 64, sequences, 0), System::nanoTime));
  }

  /** Ends the thread. */
  @TearDown(Level.Trial)
  public void close() {
    engine.close();
  }

  /** Replies of 256 tokens, one for each sequence, to their end. */
  @Benchmark
  @OperationsPerInvocation(STEPS)
  public int step() throws InterruptedException {
    CountDownLatch ended = new CountDownLatch(sequences);
    int characters = 0;
    Listener[] listeners = new Listener[sequences];
    for (int i = 0; i < sequences; i++) {
      Sampler sampler = new Sampler(new SamplingParams(0, 1), VOCABULARY, new Mt19937(i));
      ReplyText text =
          new ReplyText(tokenizer.streamDecoder(), new StopAutomaton(List.of()), List.of());
      listeners[i] = new Listener(text, ended);
      engine
          .scheduler()
          .submit(List.of(new Sequence(prompt, STEPS, sampler::sample, listeners[i])));
    }
    ended.await();
    for (Listener listener : listeners) {
      characters += listener.characters;
    }
    return characters;
  }

  private static final class Listener implements SequenceListener {
    private final ReplyText text;
    private final CountDownLatch ended;
    private int characters;

    Listener(ReplyText text, CountDownLatch ended) {
      this.text = text;
      this.ended = ended;
    }

    @Override
    public boolean onToken(int token) {
      characters += text.accept(token).text().length();
      return true;
    }

    @Override
    public void onEnd(EndReason reason, SequenceTimes times) {
      ended.countDown();
    }

    @Override
    public void onFailure(RuntimeException failure) {
      throw failure;
    }
  }

  private static final class Model implements LanguageModel {
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment logits = arena.allocate(JAVA_FLOAT, 4L * VOCABULARY);

    Model() {
      Random random = new Random(1);
      for (int i = 0; i < 4 * VOCABULARY; i++) {
        logits.setAtIndex(JAVA_FLOAT, i, (float) random.nextGaussian() * 3);
      }
    }

    @Override
    public int vocabularySize() {
      return VOCABULARY;
    }

    @Override
    public int pages() {
      return 1024;
    }

    @Override
    public int freePages() {
      return 1024;
    }

    @Override
    public int pageSize() {
      return 16;
    }

    @Override
    public int mostVerified() {
      return 0;
    }

    @Override
    public void truncateSequence(long id, int length) {}

    @Override
    public void addSequence(long id) {}

    @Override
    public void forkSequence(long parent, long child, int length) {}

    @Override
    public void removeSequence(long id) {}

    @Override
    public MemorySegment forward(ForwardBatch batch) {
      return logits;
    }

    @Override
    public void close() {
      arena.close();
    }
  }
}
