package org.mlcengine.speculation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SpeculationTest {
  private static final int MOST = 8;

  /** A drafter whose tokens are right with a given likelihood: a right one is 1, a wrong one 0. */
  private static final class Guesser implements Drafter {
    private final Random random = new Random(3);
    private final boolean free;
    private double likelihood;
    private int calls;

    Guesser(double likelihood, boolean free) {
      this.likelihood = likelihood;
      this.free = free;
    }

    @Override
    public void draft(long sequence, int[] tokens, int length, int most, Draft to) {
      calls++;
      for (int i = 0; i < most; i++) {
        to.add(random.nextDouble() < likelihood ? 1 : 0);
      }
    }

    @Override
    public boolean isFree() {
      return free;
    }

    @Override
    public void close() {}
  }

  /** Time of a pass of so many tokens, in which the first costs as much as ten others. */
  private static long cheap(int tokens) {
    return 10 + tokens - 1;
  }

  /** Runs passes for one sequence of ones; returns how long they took for each of its tokens. */
  private static double run(Speculation speculation, Draft draft, int passes, boolean dear) {
    int[] tokens = new int[passes * (MOST + 1) + 1];
    Arrays.fill(tokens, 1);
    int length = 1;
    double time = 0;
    for (int i = 0; i < passes; i++) {
      speculation.draft(draft, 0, tokens, length, MOST, 1);
      speculation.choose(List.of(draft), 1);
      int chosen = draft.chosen();
      int right = 0;
      while (right < chosen && draft.token(right) == 1) {
        right++;
      }
      length += right + 1;
      long took = dear ? 10L * (chosen + 1) : cheap(chosen + 1);
      time += took;
      speculation.passed(chosen + 1, took);
      speculation.compare(draft, tokens, length, chosen);
    }
    return time / (length - 1);
  }

  private static double run(Guesser guesser, boolean dear) {
    Speculation speculation = new Speculation(guesser, MOST, 17);
    return run(speculation, speculation.newDraft(), 2_000, dear);
  }

  @Test
  void draftsMuchThatIsRight() {
    assertThat(run(new Guesser(1, true), false)).isLessThan(2.5);
    assertThat(run(new Guesser(1, false), false)).isLessThan(2.5);
  }

  @Test
  void draftsLittleThatIsWrong() {
    assertThat(run(new Guesser(0, true), false)).isLessThan(10.1);
    assertThat(run(new Guesser(0.05, true), false)).isLessThan(10.1);
    assertThat(run(new Guesser(0, false), false)).isLessThan(10.2);
  }

  @Test
  void draftsLittleWhereTokensOfAPassAreDear() {
    assertThat(run(new Guesser(0.9, true), true)).isLessThan(10.7);
    assertThat(run(new Guesser(0.9, false), true)).isLessThan(10.7);
  }

  @Test
  void draftsAgainWhenItBecomesRight() {
    for (boolean free : new boolean[] {true, false}) {
      Guesser guesser = new Guesser(0, free);
      Speculation speculation = new Speculation(guesser, MOST, 17);
      Draft draft = speculation.newDraft();
      run(speculation, draft, 500, false);
      guesser.likelihood = 1;
      assertThat(run(speculation, draft, 2_000, false)).as("free %s", free).isLessThan(4);
    }
  }

  @Test
  void aNewSequenceBeginsWithWhatOthersHaveSeen() {
    Speculation speculation = new Speculation(new Guesser(0, true), MOST, 17);
    run(speculation, speculation.newDraft(), 500, false);
    long before = speculation.drafted();
    run(speculation, speculation.newDraft(), 500, false);
    assertThat(speculation.drafted()).isEqualTo(before);
  }

  @Test
  void aDraftThatTakesTimeIsNotMadeForNothing() {
    Guesser guesser = new Guesser(0, false);
    run(guesser, false);
    assertThat(guesser.calls).isLessThan(120);
  }

  @Test
  void staysWithinThePassAndTheReply() {
    Speculation speculation = new Speculation(new Guesser(1, true), MOST, 17);
    Draft first = speculation.newDraft();
    Draft second = speculation.newDraft();
    run(speculation, first, 50, false);
    run(speculation, second, 50, false);
    speculation.passed(14, cheap(14));
    speculation.draft(first, 0, new int[1], 1, MOST, 14);
    speculation.draft(second, 1, new int[1], 1, 1, 14);
    speculation.choose(List.of(first, second), 14);
    assertThat(first.chosen() + second.chosen()).isEqualTo(3);
    assertThat(second.chosen()).isLessThanOrEqualTo(1);
    speculation.draft(first, 0, new int[1], 1, 0, 1);
    speculation.draft(second, 1, new int[1], 1, MOST, 40);
    speculation.choose(List.of(first, second), 40);
    assertThat(first.chosen() + second.chosen()).isZero();
  }

  @Test
  void refusesDraftsOfNoTokensOrTooMany() {
    for (int most : new int[] {0, Draft.MOST_TOKENS + 1}) {
      assertThatThrownBy(() -> new Speculation(new PromptLookup(), most, 17))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(String.valueOf(most));
    }
  }
}
