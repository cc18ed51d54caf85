package org.mlcengine.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.mlcengine.errors.EngineClosedException;
import org.mlcengine.runtime.KvStore;
import org.mlcengine.runtime.ScriptedModel;
import org.mlcengine.runtime.ScriptedTokens;

/** What the KV cache keeps of conversations, and what gives way to what. */
class SessionKvTest {
  private static final int VOCABULARY = 100;
  private static final ScriptedTokens TEXT = new ScriptedTokens(VOCABULARY);

  private final AtomicLong clock = new AtomicLong();
  private final ScriptedModel model = model(100);
  private final Scheduler scheduler = scheduler(model, 4, 10);
  private final SessionKv session = new SessionKv(scheduler);

  private static ScriptedModel model(int pages) {
    return new ScriptedModel(VOCABULARY, pages, TEXT::next);
  }

  private Scheduler scheduler(ScriptedModel of, int sequences, int queue) {
    return new Scheduler(
        of, new SchedulerLimits(sequences, 1000, queue, 4), clock::incrementAndGet);
  }

  /** A prompt that begins like others with its number, as far as they go. */
  private static int[] prompt(int number, int length) {
    return new Random(number).ints(length, 0, VOCABULARY).toArray();
  }

  private static Terms terms(SessionKv of) {
    return of.terms(0, "", Optional.empty());
  }

  private static void finish(Scheduler scheduler) {
    while (scheduler.step()) {}
  }

  private static Recorder reply(Scheduler scheduler, Terms terms, int... prompt) {
    Recorder reply = new Recorder();
    scheduler.submit(List.of(reply.sequence(terms, 3, prompt)));
    finish(scheduler);
    assertThat(reply.tokens).isEqualTo(TEXT.after(3, prompt));
    return reply;
  }

  private int cached(SessionKv of, int... prompt) {
    return reply(scheduler, terms(of), prompt).times.cachedTokens();
  }

  @Test
  void aConversationIsKeptAndSharedWithNobody() {
    assertThat(cached(session, prompt(1, 200))).isZero();
    assertThat(session.length()).isEqualTo(192);
    assertThat(cached(new SessionKv(scheduler), prompt(1, 200))).isZero();
    assertThat(reply(scheduler, Terms.DEFAULT, prompt(1, 200)).times.cachedTokens()).isZero();
    assertThat(cached(session, prompt(1, 300))).isEqualTo(192);
    assertThat(session.length()).isEqualTo(256);
  }

  @Test
  void aConversationThatChangesIsKeptInPlaceOfTheOneBefore() {
    int before = model.freePages();
    cached(session, prompt(1, 200));
    int[] other = prompt(1, 200);
    other[100]++;
    assertThat(cached(session, other)).isEqualTo(64);
    assertThat(before - model.freePages()).isEqualTo(12);
    assertThat(cached(session, other)).isEqualTo(192);
    session.release();
    finish(scheduler);
    assertThat(model.freePages()).isEqualTo(before);
  }

  @Test
  void itGivesWayAfterOtherPromptsAndBeforeRequests() {
    cached(session, prompt(1, 640));
    reply(scheduler, Terms.DEFAULT, prompt(2, 640));
    // 40 pages are the session's, 40 are kept of the other prompt, 20 are free.
    reply(scheduler, Terms.DEFAULT, prompt(3, 800));
    assertThat(session.length()).isEqualTo(640);
    reply(scheduler, Terms.DEFAULT, prompt(4, 1_200));
    assertThat(session.length()).isZero();
    assertThat(scheduler.state().preemptions()).isZero();
    assertThat(cached(session, prompt(1, 640))).isZero();
  }

  @Test
  void keptPromptsAreCountedWithoutSessionsThatStay() {
    List<SessionKv> sessions =
        IntStream.range(0, 9).mapToObj(i -> new SessionKv(scheduler)).toList();
    for (int i = 0; i < 9; i++) {
      cached(sessions.get(i), prompt(i, 70));
    }
    assertThat(scheduler.state().kept()).isEqualTo(9);
    for (int i = 0; i < 9; i++) {
      assertThat(cached(sessions.get(i), prompt(i, 70))).isEqualTo(64);
    }
  }

  @Test
  void whatNobodyWaitsForIsComputedInShortParts() {
    session.computeIdle(prompt(1, 300));
    finish(scheduler);
    assertThat(model.steps()).containsExactly(List.of(128), List.of(128));
    assertThat(session.length()).isEqualTo(256);
    assertThat(cached(session, prompt(1, 300))).isEqualTo(256);
    // All of it is there already.
    session.computeIdle(prompt(1, 300));
    assertThat(scheduler.step()).isFalse();
  }

  @Test
  void itGivesItsPlaceToWhoeverComes() {
    Scheduler one = scheduler(model, 1, 0);
    SessionKv kv = new SessionKv(one);
    kv.computeIdle(prompt(1, 640));
    one.step();
    assertThat(one.state().running()).isZero();
    Recorder reply = new Recorder();
    one.submit(List.of(reply.sequence(1, prompt(2, 10))));
    one.step();
    assertThat(reply.end).isEqualTo(EndReason.LENGTH);
    // What was computed of it is kept.
    assertThat(kv.length()).isEqualTo(128);
  }

  @Test
  void itGivesItsPagesToWhoeverComes() {
    session.computeIdle(prompt(1, 1_280));
    scheduler.step();
    Recorder reply = new Recorder();
    scheduler.submit(List.of(reply.sequence(1, prompt(2, 1_500))));
    scheduler.step();
    assertThat(scheduler.state().running()).isEqualTo(1);
    finish(scheduler);
    assertThat(reply.tokens).isEqualTo(TEXT.after(1, prompt(2, 1_500)));
    assertThat(session.length()).isZero();
  }

  @Test
  void theNextTurnEndsWhatIsComputedForIt() {
    session.computeIdle(prompt(1, 640));
    scheduler.step();
    session.cancelIdle();
    assertThat(cached(session, prompt(1, 640))).isEqualTo(128);
  }

  @Test
  void aDrainedEngineDoesNotWaitForIt() {
    session.computeIdle(prompt(1, 640));
    scheduler.step();
    session.computeIdle(prompt(2, 640));
    scheduler.drain();
    scheduler.run();
    assertThat(scheduler.state().running()).isZero();
    assertThatThrownBy(session::tokens).isInstanceOf(EngineClosedException.class);
    session.computeIdle(prompt(1, 700));
    session.release();
    assertThat(session.length()).isZero();
  }

  @Test
  void aReleasedSessionEndsItsSequencesAndKeepsNothing() {
    Recorder reply = new Recorder();
    scheduler.submit(List.of(reply.sequence(terms(session), 50, prompt(1, 100))));
    scheduler.step();
    scheduler.step();
    session.release();
    finish(scheduler);
    assertThat(reply.end).isEqualTo(EndReason.ABORT);
    assertThat(model.sequenceCount()).isZero();
  }

  @Test
  void aTaskThatFailsHarmsNobodyElse() {
    CompletableFuture<Object> failing =
        scheduler.execute(
            (of, cache) -> {
              throw new IllegalStateException("scripted");
            });
    CompletableFuture<Integer> next = scheduler.execute((of, cache) -> of.pages());
    Recorder reply = new Recorder();
    scheduler.submit(List.of(reply.sequence(3, prompt(1, 10))));
    scheduler.step();
    // One task for each step.
    assertThat(failing).isCompletedExceptionally();
    assertThat(next).isNotDone();
    finish(scheduler);
    assertThat(next).isCompletedWithValue(100);
    assertThat(reply.tokens).isEqualTo(TEXT.after(3, prompt(1, 10)));
    CompletableFuture<Integer> late = scheduler.execute((of, cache) -> 1);
    scheduler.close();
    scheduler.run();
    assertThat(late).isCompletedExceptionally();
  }

  /** A session on an engine's thread of its own. */
  private record Running(
      ScriptedModel model, EngineThread<ScriptedModel, Scheduler> thread, SessionKv kv)
      implements AutoCloseable {
    static Running start(int pages) {
      ScriptedModel model = SessionKvTest.model(pages);
      EngineThread<ScriptedModel, Scheduler> thread =
          EngineThread.start(
              "scripted",
              () -> model,
              of -> new Scheduler(of, new SchedulerLimits(4, 1000, 10, 4), System::nanoTime));
      return new Running(model, thread, new SessionKv(thread.scheduler()));
    }

    Recorder reply(Terms terms, int... prompt) throws InterruptedException {
      Recorder reply = new Recorder();
      CompletableFuture<Boolean> done = new CompletableFuture<>();
      Sequence sequence =
          new Sequence(
              prompt,
              3,
              Recorder::argmax,
              new SequenceListener() {
                @Override
                public boolean onToken(int token) {
                  return reply.onToken(token);
                }

                @Override
                public void onEnd(EndReason reason, SequenceTimes times) {
                  reply.onEnd(reason, times);
                  done.complete(true);
                }

                @Override
                public void onFailure(RuntimeException failure) {
                  done.completeExceptionally(failure);
                }
              },
              terms);
      thread.scheduler().submit(List.of(sequence));
      done.join();
      assertThat(reply.tokens).isEqualTo(TEXT.after(3, prompt));
      return reply;
    }

    @Override
    public void close() {
      thread.close();
    }
  }

  private static List<byte[]> blocks(SessionKv kv) {
    List<byte[]> blocks = new ArrayList<>();
    for (int from = 0; from < kv.tokens().length; from += KvStore.BLOCK) {
      byte[] block = new byte[KvStore.BLOCK * Integer.BYTES];
      assertThat(kv.read(from, MemorySegment.ofArray(block))).isTrue();
      blocks.add(block);
    }
    return blocks;
  }

  private static int restore(SessionKv kv, int[] tokens, List<byte[]> blocks) {
    int from = 0;
    for (byte[] block : blocks) {
      if (!kv.append(tokens, from, MemorySegment.ofArray(block))) {
        return from;
      }
      from += KvStore.BLOCK;
    }
    return from;
  }

  @Test
  void blocksComeBackInAnotherModel() throws InterruptedException {
    List<byte[]> blocks;
    int[] tokens;
    try (Running first = Running.start(100)) {
      first.reply(terms(first.kv), prompt(1, 200));
      first.kv.computeIdle(prompt(1, 400));
      first.kv.settle();
      tokens = first.kv.tokens();
      blocks = blocks(first.kv);
      assertThat(first.kv.read(384, MemorySegment.ofArray(new byte[256]))).isFalse();
    }
    assertThat(tokens).isEqualTo(prompt(1, 384));
    try (Running second = Running.start(100)) {
      assertThat(restore(second.kv, tokens, blocks)).isEqualTo(384);
      assertThat(second.kv.tokens()).isEqualTo(tokens);
      assertThat(second.reply(terms(second.kv), prompt(1, 450)).times.cachedTokens())
          .isEqualTo(384);
    }
  }

  @Test
  void whatIsRestoredTakesTheRoomThatNobodyElseHolds() throws InterruptedException {
    int[] tokens = prompt(1, 640);
    List<byte[]> blocks = new ArrayList<>();
    try (Running large = Running.start(100)) {
      large.reply(terms(large.kv), prompt(1, 650));
      blocks.addAll(blocks(large.kv));
    }
    try (Running small = Running.start(40)) {
      SessionKv other = new SessionKv(small.thread.scheduler());
      small.reply(terms(other), prompt(2, 130));
      small.reply(Terms.DEFAULT, prompt(3, 200));
      assertThat(restore(small.kv, tokens, blocks)).isEqualTo(512);
      assertThat(other.length()).isEqualTo(128);
      // A request takes pages from both, and what is gone is computed again.
      small.reply(Terms.DEFAULT, prompt(4, 600));
      assertThat(small.kv.append(tokens, 512, MemorySegment.ofArray(blocks.get(8)))).isFalse();
      small.kv.release();
      assertThat(small.kv.append(tokens, 0, MemorySegment.ofArray(blocks.get(0)))).isFalse();
    }
  }

  @Test
  void randomLoadsGiveEveryReplyAsIfItRanAlone() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    ScriptedModel small = model(45);
    Scheduler of = scheduler(small, 3, 10);
    List<SessionKv> sessions = IntStream.range(0, 4).mapToObj(i -> new SessionKv(of)).toList();
    List<Recorder> replies = new ArrayList<>();
    List<int[]> prompts = new ArrayList<>();
    for (int round = 0; round < 300; round++) {
      int number = random.nextInt(5);
      int[] prompt = prompt(number, 1 + random.nextInt(400));
      if (random.nextInt(3) == 0 && prompt.length > 100) {
        prompt[random.nextInt(prompt.length)] = 1;
      }
      if (number < 4 && random.nextBoolean()) {
        sessions.get(number).computeIdle(prompt);
      } else if (of.state().waiting() < 5) {
        Recorder reply = new Recorder();
        Terms terms = number == 4 ? Terms.DEFAULT : terms(sessions.get(number));
        of.submit(List.of(reply.sequence(terms, 3, prompt)));
        replies.add(reply);
        prompts.add(prompt);
      }
      for (int i = random.nextInt(6); i > 0; i--) {
        of.step();
      }
    }
    finish(of);
    for (int i = 0; i < replies.size(); i++) {
      assertThat(replies.get(i).tokens)
          .as("seed %d, reply %d", seed, i)
          .isEqualTo(TEXT.after(3, prompts.get(i)));
    }
    sessions.forEach(SessionKv::release);
    finish(of);
    of.step();
    assertThat(Arrays.asList(of.state().running(), of.state().waiting())).containsOnly(0);
    assertThat(small.sequenceCount()).as("seed %d", seed).isEqualTo(of.state().kept());
  }
}
