package org.mlcengine.speculation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.mlcengine.runtime.ScriptedModel;
import org.mlcengine.runtime.ScriptedTokens;

class DraftModelTest {
  private static final int VOCABULARY = 50;
  private static final ScriptedTokens TEXT = new ScriptedTokens(VOCABULARY);
  private static final int WINDOW = 400;

  private static ScriptedModel model(int pages) {
    return new ScriptedModel(VOCABULARY, pages, TEXT::next);
  }

  private static List<Integer> draft(DraftModel drafter, long sequence, int most, int... tokens) {
    Draft draft = new Draft(new Acceptance(0.1));
    draft.begin(tokens.length);
    drafter.draft(sequence, tokens, tokens.length, most, draft);
    return IntStream.range(0, draft.size()).mapToObj(draft::token).toList();
  }

  @Test
  void draftsTheLikeliestTokens() {
    DraftModel drafter = new DraftModel(model(20), 2, WINDOW, 64);
    assertThat(draft(drafter, 1, 4, 5, 6, 7)).isEqualTo(TEXT.after(4, 5, 6, 7));
  }

  /** Sequences that grow by right and wrong tokens, begin anew, and need more than there is. */
  @Test
  void itsCacheFollowsTheSequences() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < 60; round++) {
      ScriptedModel model = model(random.nextInt(8, 40));
      DraftModel drafter =
          new DraftModel(model, random.nextInt(1, 4), WINDOW, random.nextInt(1, 50));
      Map<Long, int[]> sequences = new HashMap<>();
      int drafted = 0;
      for (int step = 0; step < 60; step++) {
        long id = random.nextInt(5);
        int[] before = sequences.get(id);
        int[] tokens =
            before == null || random.nextInt(10) == 0
                ? random.ints(random.nextInt(1, 40), 0, VOCABULARY).toArray()
                : before;
        int most = random.nextInt(1, 8);
        List<Integer> found = draft(drafter, id, most, tokens);
        assertThat(found)
            .as("seed %d, round %d, step %d", seed, round, step)
            .isIn(List.of(), TEXT.after(most, tokens));
        drafted += found.size();
        int right = random.nextInt(found.size() + 1);
        IntStream more =
            IntStream.concat(
                found.stream().limit(right).mapToInt(i -> i),
                IntStream.of(random.nextInt(VOCABULARY)));
        sequences.put(id, IntStream.concat(IntStream.of(tokens), more).toArray());
      }
      assertThat(drafted).isPositive();
      assertThat(model.freePages()).isNotNegative();
    }
  }

  @Test
  void computesOnlyWhatIsNew() {
    ScriptedModel model = model(20);
    DraftModel drafter = new DraftModel(model, 2, WINDOW, 64);
    List<Integer> first = draft(drafter, 1, 2, 5, 6, 7);
    draft(drafter, 1, 2, 5, 6, 7, first.get(0), first.get(1), 9);
    // The first draft's last token was not computed.
    assertThat(model.steps()).isEqualTo(List.of(List.of(3), List.of(1), List.of(2), List.of(1)));
  }

  @Test
  void aLongPromptIsComputedInParts() {
    ScriptedModel model = model(60);
    DraftModel drafter = new DraftModel(model, 2, 2 * WINDOW, 2 * WINDOW);
    int[] tokens = new Random(1).ints(600, 0, VOCABULARY).toArray();
    assertThat(draft(drafter, 1, 2, tokens)).isEmpty();
    assertThat(draft(drafter, 1, 2, tokens)).isEmpty();
    assertThat(draft(drafter, 1, 2, tokens)).isEqualTo(TEXT.after(2, tokens));
  }

  @Test
  void doesNotDraftBeyondItsWindowOrItsPages() {
    int[] tokens = new Random(1).ints(WINDOW - 2, 0, VOCABULARY).toArray();
    ScriptedModel model = model(4);
    DraftModel drafter = new DraftModel(model, 2, WINDOW, WINDOW);
    assertThat(draft(drafter, 1, 3, tokens)).isEmpty();
    assertThat(draft(drafter, 1, 2, tokens)).isEmpty();
    assertThat(model.freePages()).isEqualTo(4);
  }

  @Test
  void isUsedNoMoreAfterAFailure() {
    ScriptedModel model = model(20);
    DraftModel drafter = new DraftModel(model, 2, WINDOW, 64);
    model.failNext();
    assertThat(draft(drafter, 1, 2, 5, 6)).isEmpty();
    assertThat(draft(drafter, 1, 2, 5, 6)).isEmpty();
    assertThat(model.steps()).isEmpty();
    drafter.close();
    assertThat(model.closed()).isTrue();
  }
}
