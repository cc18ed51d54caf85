package org.mlcengine.speculation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PromptLookupTest {
  private static List<Integer> draft(int most, int... tokens) {
    Draft draft = new Draft(new Acceptance(0.1));
    draft.begin(tokens.length);
    new PromptLookup().draft(0, tokens, tokens.length, most, draft);
    List<Integer> found = new ArrayList<>();
    for (int i = 0; i < draft.size(); i++) {
      found.add(draft.token(i));
    }
    return found;
  }

  @Test
  void draftsWhatFollowedTheSameEnding() {
    assertThat(draft(3, 1, 2, 3, 4, 5, 6, 1, 2)).containsExactly(3, 4, 5);
  }

  @Test
  void prefersTheLongerEnding() {
    assertThat(draft(1, 7, 1, 2, 30, 9, 1, 2, 40, 7, 1, 2)).containsExactly(30);
  }

  @Test
  void prefersTheLaterOfTwoThatAreAsLong() {
    assertThat(draft(1, 1, 2, 30, 1, 2, 40, 9, 1, 2)).containsExactly(40);
  }

  @Test
  void aSingleTokenIsNoEnding() {
    assertThat(draft(4, 1, 5, 2, 5)).isEmpty();
    assertThat(draft(4, 1)).isEmpty();
    assertThat(draft(4, 1, 1)).isEmpty();
  }

  @Test
  void goesOnWithItselfWhereTheEndingRepeats() {
    assertThat(draft(5, 8, 1, 2, 1, 2)).containsExactly(1, 2, 1, 2, 1);
    assertThat(draft(4, 3, 3, 3)).containsExactly(3, 3, 3, 3);
  }

  @Test
  void strengthGoesByTheLengthOfTheEnding() {
    int[][] texts = {
      {1, 2, 3, 9, 1, 2, 3},
      {1, 2, 3, 4, 9, 1, 2, 3, 4},
      {0, 1, 2, 3, 4, 5, 6, 7, 8, 20, 1, 2, 3, 4, 5, 6, 7, 8},
    };
    for (int i = 0; i < texts.length; i++) {
      Draft draft = new Draft(new Acceptance(0.1));
      draft.begin(texts[i].length);
      new PromptLookup().draft(0, texts[i], texts[i].length, 2, draft);
      assertThat(draft.strength()).isEqualTo(i);
    }
  }

  /** Compares with the definition, on random texts of few tokens. */
  @Test
  void isTheLongestAndLatestEnding() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < 5_000; round++) {
      int[] tokens = random.ints(random.nextInt(1, 40), 0, random.nextInt(1, 6)).toArray();
      assertThat(draft(1, tokens)).as("seed %d, round %d", seed, round).isEqualTo(expected(tokens));
    }
  }

  private static List<Integer> expected(int[] tokens) {
    int length = tokens.length;
    for (int size = 8; size >= 2; size--) {
      for (int end = length - 1; end >= size; end--) {
        boolean same = true;
        for (int i = 1; i <= size; i++) {
          same &= length >= i && tokens[end - i] == tokens[length - i];
        }
        if (same) {
          return List.of(tokens[end]);
        }
      }
    }
    return List.of();
  }
}
