package org.mlcengine.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.mlcengine.errors.EngineClosedException;
import org.mlcengine.errors.EngineFailedException;
import org.mlcengine.runtime.ScriptedModel;
import org.mlcengine.runtime.ScriptedTokens;

class SchedulerTest {
  private static final int VOCABULARY = 100;
  private static final ScriptedTokens TEXT = new ScriptedTokens(VOCABULARY);
  private final AtomicLong clock = new AtomicLong();

  private static ScriptedModel model(int pages) {
    return new ScriptedModel(VOCABULARY, pages, TEXT::next);
  }

  private Scheduler scheduler(ScriptedModel model, int maxSequences, int prefillChunk) {
    SchedulerLimits limits = new SchedulerLimits(maxSequences, prefillChunk, 100, 0);
    return new Scheduler(model, limits, clock::incrementAndGet);
  }

  private static int drain(Scheduler scheduler) {
    int steps = 0;
    while (scheduler.step()) {
      steps++;
    }
    return steps;
  }

  @Test
  void generatesUntilLength() {
    ScriptedModel model = model(8);
    Scheduler scheduler = scheduler(model, 4, 64);
    Recorder reply = new Recorder();
    scheduler.submit(List.of(reply.sequence(5, 1, 2, 3)));

    assertThat(drain(scheduler)).isEqualTo(5);

    assertThat(reply.tokens).isEqualTo(TEXT.after(5, 1, 2, 3));
    assertThat(reply.end).isEqualTo(EndReason.LENGTH);
    assertThat(reply.times.promptTokens()).isEqualTo(3);
    assertThat(reply.times.prefillTokens()).isEqualTo(3);
    assertThat(reply.times.generatedTokens()).isEqualTo(5);
    assertThat(reply.times.submitted()).isLessThan(reply.times.prefilled());
    assertThat(reply.times.prefilled()).isLessThan(reply.times.ended());
    assertThat(model.sequenceCount()).isZero();
  }

  @Test
  void stopsWhenTheListenerAsks() {
    Scheduler scheduler = scheduler(model(8), 4, 64);
    Recorder reply = new Recorder();
    reply.stopAt = TEXT.after(3, 7).getLast();
    scheduler.submit(List.of(reply.sequence(50, 7)));

    drain(scheduler);

    assertThat(reply.tokens).isEqualTo(TEXT.after(3, 7));
    assertThat(reply.end).isEqualTo(EndReason.STOP);
  }

  @Test
  void prefillsInChunks() {
    ScriptedModel model = model(8);
    Scheduler scheduler = scheduler(model, 4, 10);
    Recorder reply = new Recorder();
    int[] prompt = IntStream.range(0, 25).toArray();
    scheduler.submit(List.of(reply.sequence(2, prompt)));

    drain(scheduler);

    assertThat(model.steps()).containsExactly(List.of(10), List.of(10), List.of(5), List.of(1));
    assertThat(reply.tokens).isEqualTo(TEXT.after(2, prompt));
  }

  @Test
  void aLongPromptAlternatesWithRunningDecodes() {
    ScriptedModel model = model(32);
    Scheduler scheduler = scheduler(model, 4, 10);
    Recorder first = new Recorder();
    Recorder second = new Recorder();
    scheduler.submit(List.of(first.sequence(8, 1)));
    scheduler.step();
    scheduler.submit(List.of(second.sequence(1, IntStream.range(0, 30).toArray())));

    drain(scheduler);

    assertThat(model.steps().subList(1, 7))
        .containsExactly(List.of(1), List.of(10), List.of(1), List.of(10), List.of(1), List.of(10));
    assertThat(first.tokens).isEqualTo(TEXT.after(8, 1));
    assertThat(second.tokens).isEqualTo(TEXT.after(1, IntStream.range(0, 30).toArray()));
  }

  @Test
  void decodesRunningSequencesTogether() {
    ScriptedModel model = model(32);
    Scheduler scheduler = scheduler(model, 4, 64);
    List<Recorder> replies = IntStream.range(0, 3).mapToObj(i -> new Recorder()).toList();
    for (int i = 0; i < 3; i++) {
      scheduler.submit(List.of(replies.get(i).sequence(4, i + 1)));
    }

    drain(scheduler);

    assertThat(model.steps()).contains(List.of(1, 1, 1));
    for (int i = 0; i < 3; i++) {
      assertThat(replies.get(i).tokens).isEqualTo(TEXT.after(4, i + 1));
    }
  }

  @Test
  void admitsNoMoreThanThereArePlaces() {
    ScriptedModel model = model(32);
    Scheduler scheduler = scheduler(model, 2, 64);
    List<Recorder> replies = IntStream.range(0, 5).mapToObj(i -> new Recorder()).toList();
    replies.forEach(reply -> scheduler.submit(List.of(reply.sequence(3, 9))));

    while (scheduler.step()) {
      assertThat(model.sequenceCount()).isLessThanOrEqualTo(2);
    }

    assertThat(replies).allSatisfy(reply -> assertThat(reply.end).isEqualTo(EndReason.LENGTH));
  }

  @Test
  void recomputesWhatWasEvictedWhenPagesRunOut() {
    ScriptedModel model = model(4);
    Scheduler scheduler = scheduler(model, 4, 64);
    Recorder first = new Recorder();
    Recorder second = new Recorder();
    scheduler.submit(List.of(first.sequence(40, 1)));
    scheduler.submit(List.of(second.sequence(40, 2)));

    drain(scheduler);

    assertThat(first.tokens).isEqualTo(TEXT.after(40, 1));
    assertThat(second.tokens).isEqualTo(TEXT.after(40, 2));
    assertThat(second.times.prefillTokens()).isGreaterThan(1);
    assertThat(model.sequenceCount()).isZero();
  }

  @Test
  void cancellingEndsBeforeTheNextStep() {
    ScriptedModel model = model(8);
    Scheduler scheduler = scheduler(model, 1, 64);
    Recorder running = new Recorder();
    Recorder waiting = new Recorder();
    Sequence runningSequence = running.sequence(50, 1);
    Sequence waitingSequence = waiting.sequence(50, 2);
    scheduler.submit(List.of(runningSequence));
    scheduler.submit(List.of(waitingSequence));
    scheduler.step();
    runningSequence.cancel();
    waitingSequence.cancel();

    assertThat(scheduler.step()).isFalse();

    assertThat(running.end).isEqualTo(EndReason.ABORT);
    assertThat(running.tokens).hasSize(1);
    assertThat(waiting.end).isEqualTo(EndReason.ABORT);
    assertThat(model.sequenceCount()).isZero();
  }

  @Test
  void aSlowReaderPausesOnlyItself() {
    Scheduler scheduler = scheduler(model(32), 4, 64);
    Recorder slow = new Recorder();
    Recorder quick = new Recorder();
    scheduler.submit(List.of(slow.sequence(10, 1)));
    scheduler.submit(List.of(quick.sequence(10, 2)));
    slow.room = false;

    drain(scheduler);
    assertThat(quick.end).isEqualTo(EndReason.LENGTH);
    assertThat(slow.tokens).hasSize(1);

    slow.room = true;
    drain(scheduler);
    assertThat(slow.tokens).isEqualTo(TEXT.after(10, 1));
  }

  @Test
  void aFailedStepFailsItsSequencesAndFreesThem() {
    ScriptedModel model = model(8);
    Scheduler scheduler = scheduler(model, 4, 64);
    Recorder failed = new Recorder();
    scheduler.submit(List.of(failed.sequence(5, 1)));
    model.failNext();
    drain(scheduler);
    assertThat(failed.failure).isInstanceOf(EngineFailedException.class);
    assertThat(failed.failure).hasMessageContaining("scripted failure");
    assertThat(model.sequenceCount()).isZero();

    Recorder next = new Recorder();
    scheduler.submit(List.of(next.sequence(5, 1)));
    drain(scheduler);
    assertThat(next.tokens).isEqualTo(TEXT.after(5, 1));
  }

  @Test
  void aFailingSamplerFailsItsSequenceAlone() {
    ScriptedModel model = model(8);
    Scheduler scheduler = scheduler(model, 4, 64);
    Recorder broken = new Recorder();
    Recorder sound = new Recorder();
    scheduler.submit(
        List.of(
            new Sequence(
                new int[] {1},
                5,
                logits -> {
                  throw new IllegalStateException("NaN");
                },
                broken)));
    scheduler.submit(List.of(sound.sequence(5, 2)));

    drain(scheduler);

    assertThat(broken.failure).hasMessage("NaN");
    assertThat(sound.tokens).isEqualTo(TEXT.after(5, 2));
    assertThat(model.sequenceCount()).isZero();
  }

  @Test
  void aLostModelFailsEveryRequestAndRefusesMore() {
    ScriptedModel model = model(8);
    Scheduler scheduler = scheduler(model, 4, 64);
    List<Recorder> replies = IntStream.range(0, 3).mapToObj(i -> new Recorder()).toList();
    replies.forEach(reply -> scheduler.submit(List.of(reply.sequence(5, 1))));
    model.failNextAdd();

    scheduler.run();

    assertThat(replies)
        .allSatisfy(
            reply ->
                assertThat(reply.failure)
                    .isInstanceOf(EngineFailedException.class)
                    .hasMessageContaining("scripted loss"));
    assertThatThrownBy(() -> scheduler.submit(List.of(new Recorder().sequence(1, 1))))
        .isInstanceOf(EngineFailedException.class)
        .hasMessageContaining("build a new one");
    scheduler.close();
  }

  /** Wherever a sequence is on its way when the model is lost, its caller hears of that. */
  @Test
  void aModelThatIsLostWhileASequenceLeavesFailsIt() {
    for (String way : List.of("ends", "cancelled", "failed", "failed together", "preempted")) {
      ScriptedModel model = model(way.equals("preempted") ? 2 : 8);
      Scheduler scheduler = scheduler(model, 4, 64);
      List<Recorder> replies = List.of(new Recorder(), new Recorder());
      List<Sequence> sequences = new ArrayList<>();
      replies.forEach(reply -> sequences.add(reply.sequence(way.equals("ends") ? 1 : 40, 1)));
      scheduler.submit(sequences);
      if (!way.equals("ends")) {
        scheduler.step();
      }
      model.failRemovals();
      switch (way) {
        case "cancelled" -> sequences.getFirst().cancel();
        case "failed together" -> model.failIf(batch -> true);
        case "failed" -> {
          replies.getFirst().room = false;
          model.failIf(batch -> true);
        }
        default -> {}
      }
      scheduler.run();
      assertThat(replies)
          .as(way)
          .allSatisfy(reply -> assertThat(reply.failure).hasMessageContaining("scripted loss"));
    }
  }

  @Test
  void closingFailsWhatIsLeftAndRefusesMore() throws InterruptedException {
    Scheduler scheduler = scheduler(model(8), 1, 64);
    Recorder waiting = new Recorder();
    waiting.room = false;
    scheduler.submit(List.of(waiting.sequence(50, 1)));
    Thread engine = new Thread(scheduler::run);
    engine.start();
    scheduler.close();
    engine.join(10_000);

    assertThat(engine.isAlive()).isFalse();
    assertThat(waiting.failure).isInstanceOf(EngineClosedException.class);
    assertThatThrownBy(() -> scheduler.submit(List.of(new Recorder().sequence(1, 1))))
        .isInstanceOf(EngineClosedException.class);
  }

  @Test
  void randomLoadsGiveEveryReplyAsIfItRanAlone() {
    for (int round = 0; round < 50; round++) {
      long seed = new Random().nextLong();
      Random random = new Random(seed);
      ScriptedModel model = model(6 + random.nextInt(20));
      Scheduler scheduler = scheduler(model, 1 + random.nextInt(5), 1 + random.nextInt(40));
      List<int[]> prompts = new ArrayList<>();
      List<Integer> counts = new ArrayList<>();
      List<Recorder> replies = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        prompts.add(random.ints(1 + random.nextInt(40), 0, VOCABULARY).toArray());
        counts.add(1 + random.nextInt(50));
        replies.add(new Recorder());
        scheduler.submit(List.of(replies.get(i).sequence(counts.get(i), prompts.get(i))));
        for (int steps = random.nextInt(4); steps > 0; steps--) {
          scheduler.step();
        }
      }
      drain(scheduler);
      for (int i = 0; i < 12; i++) {
        assertThat(replies.get(i).tokens)
            .as("seed %d, reply %d", seed, i)
            .isEqualTo(TEXT.after(counts.get(i), prompts.get(i)));
      }
      assertThat(model.sequenceCount()).as("seed %d", seed).isZero();
    }
  }
}
