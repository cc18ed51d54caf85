package org.mlcengine.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mlcengine.TestModel;
import org.mlcengine.bindings.TvmCall;
import org.mlcengine.bindings.TvmException;
import org.mlcengine.bindings.TvmFunction;
import org.mlcengine.errors.EngineFailedException;
import org.mlcengine.model.EngineMode;
import org.mlcengine.model.LimitRequest;
import org.mlcengine.runtime.ForwardBatch;
import org.mlcengine.runtime.LanguageModel;
import org.mlcengine.runtime.TvmLanguageModel;

/** Errors that native code raises in a pass of the real model, after it has changed the cache. */
@Timeout(120)
class NativeFaultTest {
  private static final int CULPRIT = 4_242;

  private TvmLanguageModel real;
  private Scheduler scheduler;
  private int faults;

  @BeforeEach
  void open() {
    LimitRequest limits = new LimitRequest(EngineMode.LOCAL, 256, 4, 512, 64, 0.85);
    real = TestModel.open(limits);
    scheduler = new Scheduler(new Faulty(), new SchedulerLimits(4, 64, 8, 0), System::nanoTime);
  }

  @AfterEach
  void close() {
    real.close();
  }

  /** Computes each pass, and then lets native code fail if the culprit is part of it. */
  private final class Faulty implements LanguageModel {
    @Override
    public MemorySegment forward(ForwardBatch batch) {
      MemorySegment logits = real.forward(batch);
      if (IntStream.range(0, batch.tokenCount()).anyMatch(i -> batch.token(i) == CULPRIT)) {
        faults++;
        try (TvmCall call =
            TvmFunction.prepareGlobal("vm.builtin.reshape", 2).setInt(0, 1).setInt(1, 2)) {
          call.invoke();
        }
      }
      return logits;
    }

    @Override
    public int vocabularySize() {
      return real.vocabularySize();
    }

    @Override
    public int mostVerified() {
      return real.mostVerified();
    }

    @Override
    public int pages() {
      return real.pages();
    }

    @Override
    public int pageSize() {
      return real.pageSize();
    }

    @Override
    public int freePages() {
      return real.freePages();
    }

    @Override
    public void addSequence(long id) {
      real.addSequence(id);
    }

    @Override
    public void forkSequence(long parent, long child, int length) {
      real.forkSequence(parent, child, length);
    }

    @Override
    public void truncateSequence(long id, int length) {
      real.truncateSequence(id, length);
    }

    @Override
    public void removeSequence(long id) {
      real.removeSequence(id);
    }

    @Override
    public void close() {
      real.close();
    }
  }

  private static int[] prompt(int caller) {
    return IntStream.range(0, 20).map(i -> 100 + caller * 37 + i * 11).toArray();
  }

  private List<Recorder> run(int culprit, int... callers) {
    List<Recorder> replies = new ArrayList<>();
    List<Sequence> sequences = new ArrayList<>();
    for (int caller : callers) {
      Recorder reply = new Recorder();
      int[] prompt = prompt(caller);
      if (caller == culprit) {
        prompt[10] = CULPRIT;
      }
      replies.add(reply);
      sequences.add(reply.sequence(12, prompt));
    }
    scheduler.submit(sequences);
    while (scheduler.step()) {}
    return replies;
  }

  @Test
  void whoMakesNativeCodeFailFailsAloneAndTheOthersRepliesStayTheSame() {
    List<List<Integer>> alone = new ArrayList<>();
    for (int caller = 0; caller < 4; caller++) {
      alone.add(run(-1, caller).getFirst().tokens);
    }
    assertThat(faults).isZero();
    List<Recorder> replies = run(2, 0, 1, 2, 3);
    assertThat(faults).isGreaterThan(1);
    assertThat(replies.get(2).failure)
        .isInstanceOf(EngineFailedException.class)
        .hasCauseInstanceOf(TvmException.class);
    for (int caller : new int[] {0, 1, 3}) {
      assertThat(replies.get(caller).end).isEqualTo(EndReason.LENGTH);
      assertThat(replies.get(caller).tokens).as("caller %d", caller).isEqualTo(alone.get(caller));
    }
    assertThat(real.freePages()).isEqualTo(real.pages());
    assertThat(run(-1, 2).getFirst().tokens).isEqualTo(alone.get(2));
  }
}
