package org.mlcengine.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Expected values: numpy's {@code MT19937} after {@code _legacy_seeding(seed)}. */
class Mt19937Test {
  @ParameterizedTest
  @CsvSource({
    "0, 2357136044, 2546248239, 3791854820, 341544762, 1543171712",
    "42, 1608637542, 3421126067, 1077437785, 108880612, 1399405940",
    "5489, 3499211612, 581869302, 4020325887, 4178893912, 4123659995",
    "4294967295, 419326371, 479346978, 1027084080, 3860652269, 1117955853",
  })
  void givesTheKnownNumbers(
      long seed, long first, long second, long at624, long at625, long at10000) {
    Mt19937 random = new Mt19937(seed);
    long[] numbers = new long[10_000];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = Integer.toUnsignedLong(random.nextInt());
    }
    assertThat(numbers[0]).isEqualTo(first);
    assertThat(numbers[1]).isEqualTo(second);
    assertThat(numbers[623]).isEqualTo(at624);
    assertThat(numbers[624]).isEqualTo(at625);
    assertThat(numbers[9999]).isEqualTo(at10000);
  }

  @Test
  void aUniformIsMadeOfTwoNumbersLowHalfFirst() {
    Mt19937 random = new Mt19937(42);
    assertThat(random.nextDouble()).isEqualTo(0.796542984287846);
    assertThat(random.nextDouble()).isEqualTo(0.18343478789336848);
    assertThat(random.nextDouble()).isEqualTo(0.7796909976126613);
  }

  @Test
  void onlyTheLowHalfOfTheSeedCounts() {
    assertThat(new Mt19937(-1).nextInt()).isEqualTo(new Mt19937(0xffffffffL).nextInt());
    assertThat(new Mt19937((7L << 32) + 5).nextInt()).isEqualTo(new Mt19937(5).nextInt());
  }
}
