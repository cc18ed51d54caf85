package org.mlcengine.tokenizer.huggingface;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.regex.Pattern;

/**
 * Reads scores as the Hugging Face library does: the digits, as far as they fit into 64 bits, are
 * rounded to a double, and then divided by a power of ten. That may be one unit in the last place
 * off the nearest double, and of ways with the same score it decides which one is the best.
 */
final class Scores {
  private static final BigInteger LARGEST = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);
  private static final int LARGEST_POWER = 308;
  private static final int LONGEST = 400;
  private static final Pattern NUMBER =
      Pattern.compile("-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]{1,4})?");

  private Scores() {}

  /**
   * Returns the number that a text in JSON is.
   *
   * @throws NumberFormatException if it is none, or a huge one
   */
  static double parse(String text) {
    if (text.length() > LONGEST || !NUMBER.matcher(text).matches()) {
      throw new NumberFormatException("found " + text);
    }
    BigDecimal exact = new BigDecimal(text);
    BigInteger digits = exact.unscaledValue().abs();
    int exponent = -exact.scale();
    while (digits.compareTo(LARGEST) > 0) {
      digits = digits.divide(BigInteger.TEN);
      exponent++;
    }
    double value = digits.doubleValue();
    for (; exponent < -LARGEST_POWER; exponent += LARGEST_POWER) {
      value /= 1e308;
    }
    if (exponent > LARGEST_POWER) {
      throw new NumberFormatException("found " + text);
    }
    // The parser of Java rounds a power of ten correctly.
    double power = Double.parseDouble("1e" + Math.abs(exponent));
    value = exponent < 0 ? value / power : value * power;
    if (!Double.isFinite(value)) {
      throw new NumberFormatException("found " + text);
    }
    return text.startsWith("-") ? -value : value;
  }
}
