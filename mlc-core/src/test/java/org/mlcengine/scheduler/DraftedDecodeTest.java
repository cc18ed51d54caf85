package org.mlcengine.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mlcengine.runtime.Phase;
import org.mlcengine.runtime.ScriptedModel;
import org.mlcengine.runtime.ScriptedTokens;
import org.mlcengine.speculation.Draft;
import org.mlcengine.speculation.Drafter;
import org.mlcengine.speculation.PromptLookup;
import org.mlcengine.speculation.Speculation;

/** Whatever is drafted, replies are those without drafts: tokens, calls of listeners, ends. */
class DraftedDecodeTest {
  private static final int VOCABULARY = 60;
  private static final ScriptedTokens TEXT = new ScriptedTokens(VOCABULARY);
  private static final int MOST_VERIFIED = 17;

  /** A text that soon repeats itself. */
  private static int repeating(List<Integer> tokens) {
    return (tokens.getLast() * 7 + 3) % 11;
  }

  /** Kinds of drafters. */
  enum Kind {
    RIGHT,
    WRONG,
    RANDOM,
    LOOKUP;

    Drafter drafter(Random random) {
      return this == LOOKUP ? new PromptLookup() : new Guesser(this, random);
    }
  }

  /** Knows the script, and keeps to it or not. */
  private record Guesser(Kind kind, Random random) implements Drafter {
    @Override
    public void draft(long sequence, int[] tokens, int length, int most, Draft to) {
      List<Integer> all = new ArrayList<>(IntStream.of(tokens).limit(length).boxed().toList());
      int count = kind == Kind.RANDOM ? random.nextInt(most + 1) : most;
      for (int i = 0; i < count; i++) {
        boolean right = kind == Kind.RIGHT || kind == Kind.RANDOM && random.nextInt(4) > 0;
        int token = right ? TEXT.next(all) : random.nextInt(VOCABULARY);
        all.add(token);
        to.add(token);
      }
    }

    @Override
    public boolean isFree() {
      return random.nextBoolean();
    }

    @Override
    public void close() {}
  }

  /** A sampler with a state: it counts its calls, and now and then takes another token. */
  private static final class Chooser implements TokenSampler {
    private final Random random;
    private final int failAt;
    private int calls;

    Chooser(long seed, int failAt) {
      random = new Random(seed);
      this.failAt = failAt;
    }

    @Override
    public int sample(MemorySegment logits) {
      if (++calls == failAt) {
        throw new IllegalStateException("sampler failure");
      }
      int best = Recorder.argmax(logits);
      return random.nextInt(6) == 0 ? random.nextInt(VOCABULARY) : best;
    }
  }

  /** What becomes of a request. */
  private record Request(
      int[] prompt, int maxTokens, int stopAt, int failAt, long seed, Terms terms) {
    static Request random(Random random) {
      int length = random.nextInt(1, 90);
      return new Request(
          random.ints(length, 0, random.nextInt(2, VOCABULARY)).toArray(),
          random.nextInt(1, 60),
          random.nextInt(3) == 0 ? random.nextInt(VOCABULARY) : -1,
          random.nextInt(8) == 0 ? random.nextInt(1, 40) : 0,
          random.nextLong(),
          Terms.DEFAULT);
    }
  }

  /** A run of requests, in which nothing but drafts and time may differ from another. */
  private static final class Run {
    private final Random random;
    private final ScriptedModel model;
    private final Scheduler scheduler;
    private final List<Recorder> replies = new ArrayList<>();
    private int failures = 2;

    Run(Random random, int pages, @Nullable Drafter drafter, boolean repeats) {
      this.random = random;
      model =
          new ScriptedModel(VOCABULARY, pages, repeats ? DraftedDecodeTest::repeating : TEXT::next);
      model.mostVerified(MOST_VERIFIED);
      AtomicLong clock = new AtomicLong();
      scheduler =
          new Scheduler(
              model,
              new SchedulerLimits(random.nextInt(1, 8), random.nextInt(5, 80), 100, 2),
              () -> clock.addAndGet(random.nextInt(1, 20)),
              drafter == null
                  ? null
                  : new Speculation(drafter, random.nextInt(1, Draft.MOST_TOKENS), MOST_VERIFIED));
    }

    List<String> replies(List<Request> requests) {
      model.failIf(
          batch -> batch.size() > 1 && failures > 0 && random.nextInt(40) == 0 && failures-- > 0);
      for (Request request : requests) {
        Recorder reply = new Recorder();
        reply.stopAt = request.stopAt;
        replies.add(reply);
        scheduler.submit(
            List.of(
                new Sequence(
                    request.prompt,
                    request.maxTokens,
                    new Chooser(request.seed, request.failAt),
                    reply,
                    request.terms)));
        for (int steps = random.nextInt(4); steps > 0; steps--) {
          scheduler.step();
        }
      }
      while (replies.stream().anyMatch(reply -> reply.end == null && reply.failure == null)) {
        replies.forEach(reply -> reply.room = random.nextInt(5) > 0);
        scheduler.step();
      }
      return replies.stream().map(Run::text).toList();
    }

    private static String text(Recorder reply) {
      return "%s %s %s %d %d"
          .formatted(
              reply.tokens,
              reply.end,
              reply.failure,
              reply.times.promptTokens(),
              reply.times.generatedTokens());
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void changesNoReply(Kind kind) {
    long seed = System.nanoTime();
    long verified = 0;
    for (int round = 0; round < 150; round++) {
      Random random = new Random(seed + round);
      int pages = random.nextInt(12, 60);
      boolean repeats = kind == Kind.LOOKUP && random.nextBoolean();
      List<Request> requests =
          random.ints(random.nextInt(1, 9)).mapToObj(i -> Request.random(random)).toList();
      List<String> plain = new Run(random, pages, null, repeats).replies(requests);
      Run drafted = new Run(random, pages, kind.drafter(random), repeats);
      assertThat(drafted.replies(requests)).as("seed %d, round %d", seed, round).isEqualTo(plain);
      verified += drafted.scheduler.state().drafted();
      assertThat(drafted.scheduler.state().running()).isZero();
      assertThat(drafted.model.sequenceCount()).isEqualTo(drafted.scheduler.state().kept());
    }
    assertThat(verified).as("drafted tokens, seed %d", seed).isPositive();
  }

  private final AtomicLong clock = new AtomicLong();

  private Scheduler scheduler(ScriptedModel model, Drafter drafter, int most) {
    model.mostVerified(MOST_VERIFIED);
    return new Scheduler(
        model,
        new SchedulerLimits(4, 64, 100, 0),
        clock::incrementAndGet,
        new Speculation(drafter, most, MOST_VERIFIED));
  }

  private static ScriptedModel model(int pages) {
    return new ScriptedModel(VOCABULARY, pages, TEXT::next);
  }

  private static Drafter right() {
    return new Guesser(Kind.RIGHT, new Random(1));
  }

  @Test
  void aRightDraftSavesPasses() {
    ScriptedModel model = model(20);
    Scheduler scheduler = scheduler(model, right(), 8);
    Recorder reply = new Recorder();
    scheduler.submit(List.of(reply.sequence(91, 1, 2, 3)));
    while (scheduler.step()) {}
    assertThat(reply.tokens).hasSize(91);
    assertThat(reply.end).isEqualTo(EndReason.LENGTH);
    assertThat(model.steps()).hasSizeLessThan(30);
    assertThat(scheduler.state().accepted()).isEqualTo(scheduler.state().drafted());
    assertThat(scheduler.decodes().tokens()).isEqualTo(90);
  }

  @Test
  void noDraftIsLongerThanTheReply() {
    ScriptedModel model = model(20);
    Scheduler scheduler = scheduler(model, right(), 8);
    Recorder reply = new Recorder();
    scheduler.submit(List.of(reply.sequence(4, 1)));
    while (scheduler.step()) {}
    // The first decode has no drafts, so that there is something to compare with.
    assertThat(model.steps()).isEqualTo(List.of(List.of(1), List.of(1), List.of(2)));
    assertThat(reply.tokens).hasSize(4);
  }

  @Test
  void whatFollowsAStopIsDropped() {
    Scheduler scheduler = scheduler(model(20), right(), 8);
    Recorder plain = new Recorder();
    scheduler.submit(List.of(plain.sequence(40, 1)));
    while (scheduler.step()) {}
    Recorder reply = new Recorder();
    reply.stopAt = plain.tokens.get(20);
    scheduler.submit(List.of(reply.sequence(40, 1)));
    while (scheduler.step()) {}
    assertThat(reply.end).isEqualTo(EndReason.STOP);
    int end = plain.tokens.indexOf(reply.stopAt) + 1;
    assertThat(reply.tokens).isEqualTo(plain.tokens.subList(0, end));
    assertThat(reply.times.generatedTokens()).isEqualTo(end);
  }

  @Test
  void draftsGiveWayBeforeAnyoneLosesItsPlace() {
    // Room for both replies to the last token, and for no drafted one beyond a full page.
    ScriptedModel model = model(4);
    Scheduler scheduler = scheduler(model, right(), 16);
    Recorder first = new Recorder();
    Recorder second = new Recorder();
    scheduler.submit(List.of(first.sequence(31, 1), second.sequence(31, 2)));
    while (scheduler.step()) {}
    assertThat(first.tokens).hasSize(31);
    assertThat(second.tokens).hasSize(31);
    assertThat(scheduler.state().preemptions()).isZero();
  }

  @Test
  void aReplyThatIsComputedAgainTakesSeveralTokensAtOnce() {
    ScriptedModel model = model(4);
    Scheduler scheduler = scheduler(model, new Guesser(Kind.WRONG, new Random(1)), 1);
    Recorder first = new Recorder();
    Recorder second = new Recorder();
    scheduler.submit(List.of(first.sequence(40, 1), second.sequence(40, 2)));
    while (scheduler.step()) {}
    assertThat(scheduler.state().preemptions()).isPositive();
    assertThat(first.tokens).hasSize(40);
    assertThat(second.tokens).hasSize(40);
    assertThat(model.steps()).anyMatch(lengths -> lengths.contains(9));
  }

  @Test
  void aSuspectRunsWithoutDrafts() {
    ScriptedModel model = model(20);
    Scheduler scheduler = scheduler(model, right(), 8);
    Recorder first = new Recorder();
    Recorder second = new Recorder();
    scheduler.submit(List.of(first.sequence(30, 1), second.sequence(30, 2)));
    scheduler.step();
    model.failIf(batch -> batch.phase() == Phase.DECODE && batch.size() > 1);
    scheduler.step();
    model.failIf(batch -> false);
    int before = model.steps().size();
    while (scheduler.step()) {}
    assertThat(model.steps().subList(before, before + 2)).allMatch(lengths -> lengths.size() == 1);
    assertThat(first.tokens).hasSize(30);
    assertThat(second.tokens).hasSize(30);
  }
}
