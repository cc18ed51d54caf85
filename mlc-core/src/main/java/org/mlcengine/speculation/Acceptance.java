package org.mlcengine.speculation;

import java.util.Arrays;

/** How often drafted tokens were right, the recent ones above all. */
final class Acceptance {
  private static final double FIRST = 0.5;

  private final double weight;
  private final double[] rates = new double[Draft.STRENGTHS];

  /**
   * Creates one that has seen nothing.
   *
   * @param weight what the last token counts against all before it
   */
  Acceptance(double weight) {
    this.weight = weight;
    Arrays.fill(rates, FIRST);
  }

  /** Creates one for a sequence, which begins with what others have seen and learns quicker. */
  Acceptance(Acceptance others) {
    weight = 0.15;
    System.arraycopy(others.rates, 0, rates, 0, rates.length);
  }

  void add(int strength, boolean right) {
    rates[strength] += weight * ((right ? 1 : 0) - rates[strength]);
  }

  double likelihood(int strength) {
    return rates[strength];
  }
}
