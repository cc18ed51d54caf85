package org.mlcengine.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mlcengine.errors.EngineFailedException;
import org.mlcengine.errors.QueueFullException;
import org.mlcengine.errors.RequestTimeoutException;
import org.mlcengine.runtime.ScriptedModel;

/** Who gets a place, when, and what happens to those who do not; and who fails with whom. */
class QueueTest {
  private final AtomicLong clock = new AtomicLong();
  private final ScriptedModel model = new ScriptedModel(10, 100, List::size);

  private Scheduler scheduler(int sequences, int queue) {
    return new Scheduler(model, new SchedulerLimits(sequences, 64, queue, 0), clock::get);
  }

  private static Terms terms(int priority, String caller) {
    return new Terms(priority, caller, "", Optional.empty());
  }

  private static void drain(Scheduler scheduler) {
    while (scheduler.step()) {}
  }

  @Test
  void moreThanMayWaitIsRefusedAsAWhole() {
    Scheduler scheduler = scheduler(2, 1);
    List<Recorder> replies = IntStream.range(0, 5).mapToObj(i -> new Recorder()).toList();
    scheduler.submit(List.of(replies.get(0).sequence(2, 1), replies.get(1).sequence(2, 1)));
    assertThatThrownBy(
            () ->
                scheduler.submit(
                    List.of(replies.get(2).sequence(2, 1), replies.get(3).sequence(2, 1))))
        .isInstanceOf(QueueFullException.class)
        .hasMessageContaining("at most 1 may")
        .hasMessageContaining("maxQueue");
    scheduler.submit(List.of(replies.get(4).sequence(2, 1)));
    drain(scheduler);
    assertThat(replies.stream().map(r -> r.end))
        .containsExactly(EndReason.LENGTH, EndReason.LENGTH, null, null, EndReason.LENGTH);
  }

  /** However a sequence ends, a caller who hears of it and asks again is not refused. */
  @Test
  void whoHearsOfAnEndFindsThePlaceFree() {
    for (String way : List.of("complete", "cancelled", "late", "failed")) {
      Scheduler scheduler = scheduler(1, 0);
      Recorder next = new Recorder();
      Recorder first =
          new Recorder() {
            @Override
            public void onEnd(EndReason reason, SequenceTimes sequenceTimes) {
              scheduler.submit(List.of(next.sequence(1, 1)));
            }

            @Override
            public void onFailure(RuntimeException cause) {
              scheduler.submit(List.of(next.sequence(1, 1)));
            }
          };
      Optional<Duration> timeout =
          way.equals("late") ? Optional.of(Duration.ofNanos(1)) : Optional.empty();
      Sequence sequence =
          first.sequence(new Terms(0, "", "", timeout), way.equals("complete") ? 2 : 9, 1);
      scheduler.submit(List.of(sequence));
      scheduler.step();
      switch (way) {
        case "cancelled" -> sequence.cancel();
        case "late" -> clock.set(Long.MAX_VALUE - 1);
        case "failed" -> model.failNext();
        default -> {}
      }
      scheduler.step();
      drain(scheduler);
      assertThat(next.end).as(way).isEqualTo(EndReason.LENGTH);
      clock.set(0);
    }
  }

  @Test
  void aPlaceThatIsFreeTakesAnotherRequest() {
    Scheduler scheduler = scheduler(1, 0);
    for (int i = 0; i < 3; i++) {
      Recorder reply = new Recorder();
      scheduler.submit(List.of(reply.sequence(2, 1)));
      drain(scheduler);
      assertThat(reply.end).isEqualTo(EndReason.LENGTH);
    }
  }

  /** Returns the order in which one-token requests are answered, one at a time. */
  private List<Integer> order(List<Terms> all) {
    Scheduler scheduler = scheduler(1, 100);
    List<Integer> order = new ArrayList<>();
    List<Sequence> sequences = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      int number = i;
      Recorder reply = new Recorder();
      sequences.add(
          new Sequence(
              new int[] {1},
              1,
              logits -> {
                order.add(number);
                return 0;
              },
              reply,
              all.get(i)));
    }
    scheduler.submit(sequences);
    drain(scheduler);
    return order;
  }

  @Test
  void theHighestPriorityGoesFirstAndThenTheFirst() {
    assertThat(order(List.of(terms(0, ""), terms(5, ""), terms(-1, ""), terms(5, ""))))
        .containsExactly(1, 3, 0, 2);
  }

  @Test
  void callersShareThePlaces() {
    Scheduler scheduler = scheduler(2, 100);
    Recorder lonely = new Recorder();
    List<Recorder> many = IntStream.range(0, 6).mapToObj(i -> new Recorder()).toList();
    scheduler.submit(many.stream().map(r -> r.sequence(terms(0, "many"), 3, 1)).toList());
    scheduler.submit(List.of(lonely.sequence(terms(0, "lonely"), 3, 1)));
    while (lonely.end == null) {
      scheduler.step();
    }
    assertThat(many.stream().filter(r -> r.end != null).count()).isLessThanOrEqualTo(2);
    drain(scheduler);
    assertThat(many).allSatisfy(r -> assertThat(r.end).isEqualTo(EndReason.LENGTH));
  }

  @Test
  void whoseTimeIsOverFailsWherever() {
    Scheduler scheduler = scheduler(1, 100);
    Recorder running = new Recorder();
    Recorder waiting = new Recorder();
    Recorder patient = new Recorder();
    Terms soon = new Terms(0, "", "", Optional.of(Duration.ofNanos(100)));
    scheduler.submit(
        List.of(
            running.sequence(soon, 50, 1), waiting.sequence(soon, 50, 1), patient.sequence(3, 1)));
    scheduler.step();
    assertThat(running.tokens).hasSize(1);
    clock.set(100);
    drain(scheduler);
    assertThat(running.failure)
        .isInstanceOf(RequestTimeoutException.class)
        .hasMessageContaining("timeout");
    assertThat(waiting.failure).isInstanceOf(RequestTimeoutException.class);
    assertThat(patient.end).isEqualTo(EndReason.LENGTH);
    assertThat(model.sequenceCount()).isZero();
  }

  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void whoWaitsGetsThePlaceThatTheLastOneLeaves() {
    Scheduler scheduler = scheduler(1, 100);
    List<Recorder> replies = IntStream.range(0, 3).mapToObj(i -> new Recorder()).toList();
    scheduler.submit(replies.stream().map(reply -> reply.sequence(4, 1)).toList());
    scheduler.drain();
    scheduler.run();
    assertThat(replies).allSatisfy(r -> assertThat(r.end).isEqualTo(EndReason.LENGTH));
  }

  @Test
  void aTimeThatNeverEndsIsNone() {
    Scheduler scheduler = scheduler(1, 1);
    Recorder reply = new Recorder();
    Terms forever = new Terms(0, "", "", Optional.of(Duration.ofSeconds(Long.MAX_VALUE)));
    scheduler.submit(List.of(reply.sequence(forever, 3, 1)));
    drain(scheduler);
    assertThat(reply.end).isEqualTo(EndReason.LENGTH);
  }

  @Test
  void aTimeThatIsOverWakesAnIdleScheduler() throws InterruptedException {
    Scheduler scheduler = new Scheduler(model, new SchedulerLimits(1, 64, 1, 0), System::nanoTime);
    Recorder paused = new Recorder();
    paused.room = false;
    Terms soon = new Terms(0, "", "", Optional.of(Duration.ofMillis(50)));
    scheduler.submit(List.of(paused.sequence(soon, 50, 1)));
    Thread engine = new Thread(scheduler::run);
    engine.start();
    while (scheduler.state().running() + scheduler.state().waiting() > 0) {
      Thread.sleep(5);
    }
    scheduler.close();
    engine.join();
    assertThat(paused.failure).isInstanceOf(RequestTimeoutException.class);
  }

  @Test
  void whoFailsAPassFailsAlone() {
    ScriptedModel echo = new ScriptedModel(10, 100, List::getFirst);
    Scheduler scheduler = new Scheduler(echo, new SchedulerLimits(4, 64, 8, 0), clock::get);
    List<Recorder> replies = IntStream.range(0, 4).mapToObj(i -> new Recorder()).toList();
    scheduler.submit(IntStream.range(0, 4).mapToObj(i -> replies.get(i).sequence(6, i)).toList());
    scheduler.step();
    echo.failIf(batch -> IntStream.range(0, batch.tokenCount()).anyMatch(i -> batch.token(i) == 2));
    drain(scheduler);
    assertThat(replies.get(2).failure).isInstanceOf(EngineFailedException.class);
    for (int i : new int[] {0, 1, 3}) {
      assertThat(replies.get(i).end).as("reply %d", i).isEqualTo(EndReason.LENGTH);
      assertThat(replies.get(i).tokens).hasSize(6).containsOnly(i);
    }
    assertThat(echo.sequenceCount()).isZero();
  }

  @Test
  void whoLastHadTheLeastPriorityGivesItsPages() {
    ScriptedModel small = new ScriptedModel(10, 4, tokens -> 3);
    Scheduler scheduler = new Scheduler(small, new SchedulerLimits(4, 64, 8, 0), clock::get);
    Recorder important = new Recorder();
    Recorder other = new Recorder();
    scheduler.submit(List.of(other.sequence(terms(0, ""), 40, 1)));
    scheduler.step();
    scheduler.submit(List.of(important.sequence(terms(1, ""), 40, 1)));
    drain(scheduler);
    assertThat(important.times.prefillTokens()).isEqualTo(1);
    assertThat(other.times.prefillTokens()).isGreaterThan(1);
    assertThat(other.tokens).hasSize(40);
    assertThat(scheduler.state().preemptions()).isPositive();
  }
}
