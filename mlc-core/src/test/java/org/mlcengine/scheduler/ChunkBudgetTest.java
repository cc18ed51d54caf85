package org.mlcengine.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ChunkBudgetTest {
  private final ChunkBudget budget = new ChunkBudget(512);

  @Test
  void aloneAPassTakesAsMuchAsItMay() {
    assertThat(budget.tokens(false)).isEqualTo(512);
  }

  @Test
  void besideDecodesItTakesAboutAsLongAsOne() {
    budget.prefilled(100, 100_000);
    budget.decoded(80_000);
    assertThat(budget.tokens(true)).isEqualTo(100);
  }

  @Test
  void itNeverTakesLessThanIsWorthwhile() {
    budget.prefilled(100, 100_000);
    budget.decoded(1);
    assertThat(budget.tokens(true)).isEqualTo(16);
  }

  @Test
  void shortPromptsAreNotCutAndLongOnesAre() {
    assertThat(budget.part(40, 16)).isEqualTo(40);
    assertThat(budget.part(60, 16)).isEqualTo(16);
    assertThat(budget.part(60, 64)).isEqualTo(60);
    assertThat(new ChunkBudget(10).part(40, 10)).isEqualTo(10);
  }
}
