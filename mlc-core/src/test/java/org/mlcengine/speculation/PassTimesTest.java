package org.mlcengine.speculation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class PassTimesTest {
  private final PassTimes times = new PassTimes(17);

  @Test
  void knowsWhatWasMeasured() {
    times.add(1, 100);
    times.add(8, 360);
    assertThat(times.estimate(1)).isEqualTo(100);
    assertThat(times.estimate(8)).isEqualTo(360);
    for (int i = 0; i < 100; i++) {
      times.add(1, 200);
    }
    assertThat(times.estimate(1)).isCloseTo(200, within(0.1));
  }

  @Test
  void guessesBetweenWhatWasMeasuredAndBeyond() {
    times.add(1, 100);
    times.add(9, 500);
    assertThat(times.estimate(5)).isEqualTo(300);
    assertThat(times.estimate(13)).isEqualTo(700);
  }

  @Test
  void growsWithTheTokensBeforeMuchIsKnown() {
    for (int i = 1; i < 17; i++) {
      assertThat(times.estimate(i + 1)).isGreaterThan(times.estimate(i));
    }
    times.add(4, 100);
    for (int i = 1; i < 17; i++) {
      assertThat(times.estimate(i + 1)).isGreaterThan(times.estimate(i));
    }
  }

  @Test
  void forgetsALongPassThatWasSlowOnce() {
    times.add(1, 100);
    times.add(8, 1_000_000);
    for (int i = 0; i < 200; i++) {
      times.add(1, 100);
    }
    assertThat(times.known(8)).isFalse();
    assertThat(times.estimate(8)).isLessThan(1_000);
  }

  @Test
  void longerPassesThanAreVerifiedDoNotCount() {
    times.add(40, 1);
    times.add(1, 100);
    assertThat(times.estimate(17)).isGreaterThan(100);
  }
}
