package org.mlcengine.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.mlcengine.runtime.ScriptedModel;
import org.mlcengine.runtime.ScriptedTokens;

/** Prompts that begin alike: computed once, shared between equal cache keys, and right. */
class PrefixReuseTest {
  private static final int VOCABULARY = 100;
  private static final ScriptedTokens TEXT = new ScriptedTokens(VOCABULARY);

  private final AtomicLong clock = new AtomicLong();
  private final ScriptedModel model = model(200);
  private final Scheduler scheduler = scheduler(model, 4, 1000, 4);

  private static ScriptedModel model(int pages) {
    return new ScriptedModel(VOCABULARY, pages, TEXT::next);
  }

  private Scheduler scheduler(ScriptedModel of, int sequences, int chunk, int kept) {
    return new Scheduler(
        of, new SchedulerLimits(sequences, chunk, 100, kept), clock::incrementAndGet);
  }

  private static int[] prompt(int shared, int own, int ownTokens) {
    return IntStream.concat(
            IntStream.range(0, shared).map(i -> i % 7),
            IntStream.generate(() -> own).limit(ownTokens))
        .toArray();
  }

  private static Terms key(String key) {
    return new Terms(0, "", key, Optional.empty());
  }

  /** What a sequence shares when it is computed again was computed for it before. */
  @Test
  void cachedTokensAreThoseOfTheFirstPlace() {
    ScriptedModel small = model(12);
    Scheduler tight = scheduler(small, 2, 1000, 4);
    int[] prompt = prompt(64, 9, 6);
    Recorder before = new Recorder();
    Recorder after = new Recorder();
    tight.submit(List.of(before.sequence(key(""), 60, prompt)));
    tight.step();
    tight.submit(List.of(after.sequence(new Terms(1, "", "", Optional.empty()), 60, prompt)));
    while (tight.step()) {}
    assertThat(tight.state().preemptions()).isPositive();
    assertThat(before.tokens).isEqualTo(TEXT.after(60, prompt));
    assertThat(before.times.cachedTokens()).isZero();
    assertThat(after.times.cachedTokens()).isEqualTo(64);
  }

  private Recorder reply(Terms terms, int... prompt) {
    Recorder reply = new Recorder();
    scheduler.submit(List.of(reply.sequence(terms, 5, prompt)));
    while (scheduler.step()) {}
    assertThat(reply.tokens).isEqualTo(TEXT.after(5, prompt));
    return reply;
  }

  @Test
  void aPromptThatBeginsAlikeComputesTheRest() {
    assertThat(reply(Terms.DEFAULT, prompt(200, 50, 10)).times.cachedTokens()).isZero();
    Recorder second = reply(Terms.DEFAULT, prompt(200, 60, 10));
    assertThat(second.times.cachedTokens()).isEqualTo(192);
    assertThat(second.times.prefillTokens()).isEqualTo(18);
    assertThat(scheduler.state().cachedTokens()).isEqualTo(192);
  }

  @Test
  void theLastTokenOfAPromptIsAlwaysComputed() {
    int[] prompt = prompt(128, 0, 0);
    reply(Terms.DEFAULT, prompt);
    assertThat(reply(Terms.DEFAULT, prompt).times.cachedTokens()).isEqualTo(64);
  }

  @Test
  void otherCacheKeysShareNothing() {
    reply(key("a"), prompt(200, 50, 10));
    assertThat(reply(key("b"), prompt(200, 50, 10)).times.cachedTokens()).isZero();
    assertThat(reply(key("a"), prompt(200, 50, 10)).times.cachedTokens()).isEqualTo(192);
  }

  @Test
  void sequencesThatBeginAlikeAtOnceWaitForTheFirst() {
    List<Recorder> replies = IntStream.range(0, 3).mapToObj(i -> new Recorder()).toList();
    List<Sequence> sequences = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      sequences.add(replies.get(i).sequence(5, prompt(320, 50 + i, 3)));
    }
    scheduler.submit(sequences);
    while (scheduler.step()) {}
    assertThat(replies.stream().mapToInt(r -> r.times.cachedTokens())).containsExactly(0, 320, 320);
    for (int i = 0; i < 3; i++) {
      assertThat(replies.get(i).tokens).isEqualTo(TEXT.after(5, prompt(320, 50 + i, 3)));
    }
  }

  @Test
  void onlyThePromptIsKept() {
    Recorder first = reply(Terms.DEFAULT, prompt(100, 50, 0));
    assertThat(scheduler.state().kept()).isEqualTo(1);
    assertThat(scheduler.state().freePages()).isEqualTo(200 - 4);
    int[] longer =
        IntStream.concat(
                IntStream.of(prompt(100, 50, 0)), first.tokens.stream().mapToInt(Integer::intValue))
            .toArray();
    assertThat(reply(Terms.DEFAULT, longer).times.cachedTokens()).isEqualTo(64);
  }

  @Test
  void theLeastRecentlyUsedGoesFirst() {
    for (int i = 0; i < 4; i++) {
      reply(key("k" + i), prompt(100, 50, 0));
    }
    reply(key("k0"), prompt(100, 50, 0));
    reply(key("k4"), prompt(100, 50, 0));
    assertThat(scheduler.state().kept()).isEqualTo(4);
    assertThat(reply(key("k0"), prompt(100, 50, 0)).times.cachedTokens()).isEqualTo(64);
    assertThat(reply(key("k1"), prompt(100, 50, 0)).times.cachedTokens()).isZero();
  }

  @Test
  void aSequenceThatAnotherCoversIsNotKept() {
    for (int i = 0; i < 3; i++) {
      reply(Terms.DEFAULT, prompt(100, 50, 0));
    }
    assertThat(scheduler.state().kept()).isEqualTo(1);
  }

  @Test
  void cachingNothingKeepsNothing() {
    ScriptedModel other = model(200);
    Scheduler none = scheduler(other, 4, 1000, 0);
    for (int i = 0; i < 2; i++) {
      Recorder reply = new Recorder();
      none.submit(List.of(reply.sequence(5, prompt(200, 50, 10))));
      while (none.step()) {}
      assertThat(reply.times.cachedTokens()).isZero();
    }
    assertThat(other.sequenceCount()).isZero();
  }

  @Test
  void randomLoadsWithSharedPrefixesGiveEveryReplyAsIfItRanAlone() {
    for (int round = 0; round < 60; round++) {
      long seed = new Random().nextLong();
      Random random = new Random(seed);
      int pages = 40 + random.nextInt(60);
      ScriptedModel tight = model(pages);
      Scheduler loaded =
          scheduler(tight, 1 + random.nextInt(6), 1 + random.nextInt(200), random.nextInt(6));
      List<Sequence> sequences = new ArrayList<>();
      List<int[]> prompts = new ArrayList<>();
      List<Recorder> replies = new ArrayList<>();
      for (int i = 0; i < 25; i++) {
        int[] prompt = prompt(random.nextInt(5) * 70, random.nextInt(3), 1 + random.nextInt(80));
        Recorder reply = new Recorder();
        Terms terms =
            new Terms(
                random.nextInt(2),
                "c" + random.nextInt(3),
                "k" + random.nextInt(2),
                Optional.empty());
        sequences.add(reply.sequence(terms, 1 + random.nextInt(30), prompt));
        prompts.add(prompt);
        replies.add(reply);
        loaded.submit(List.of(sequences.getLast()));
        for (int steps = random.nextInt(6); steps > 0; steps--) {
          loaded.step();
        }
        if (random.nextInt(6) == 0) {
          sequences.get(random.nextInt(sequences.size())).cancel();
        }
        if (random.nextInt(20) == 0) {
          tight.failNext();
        }
      }
      while (loaded.step()) {}
      for (int i = 0; i < 25; i++) {
        Recorder reply = replies.get(i);
        assertThat(reply.end != null || reply.failure != null).as("seed %d", seed).isTrue();
        assertThat(reply.tokens)
            .as("seed %d, reply %d", seed, i)
            .isEqualTo(TEXT.after(reply.tokens.size(), prompts.get(i)));
      }
      assertThat(loaded.state().running()).isZero();
      assertThat(tight.sequenceCount()).as("seed %d", seed).isEqualTo(loaded.state().kept());
    }
  }
}
