package org.mlcengine.grammar;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** JSON numbers within bounds, as bodies of grammar rules. */
final class NumberGrammar {
  /** So many digits keep every integer within 64 bits. */
  static final int MAX_DIGITS = 18;

  /** How many digits follow a decimal point, unless a bound has more. */
  private static final int FRACTION_DIGITS = 6;

  private static final String DIGIT = "[0-9]";

  private NumberGrammar() {}

  /** Any integer of up to {@link #MAX_DIGITS} digits. */
  static String integer() {
    return "(\"0\" | \"-\"? [1-9] [0-9]{0,%d})".formatted(MAX_DIGITS - 1);
  }

  /** Any number with up to 18 digits, 16 decimals and an exponent of two digits. */
  static String number() {
    return ("\"-\"? (\"0\" | [1-9] [0-9]{0,%d}) (\".\" [0-9]{1,16})?".formatted(MAX_DIGITS - 1))
        + " ([eE] [\\u002b\\u002d]? [0-9]{1,2})?";
  }

  /** Integers from {@code min} to {@code max}, both included; empty if there is none. */
  static List<String> integers(BigInteger min, BigInteger max) {
    List<String> bodies = new ArrayList<>();
    BigInteger zero = BigInteger.ZERO;
    if (max.signum() >= 0) {
      bodies.addAll(natural(min.max(zero), max));
    }
    if (min.signum() < 0) {
      BigInteger least = max.signum() < 0 ? max.negate() : BigInteger.ONE;
      natural(least, min.negate()).forEach(body -> bodies.add("\"-\" " + body));
    }
    return bodies;
  }

  /** The same for numbers without a sign; bodies of which one applies. */
  private static List<String> natural(BigInteger min, BigInteger max) {
    List<String> bodies = new ArrayList<>();
    if (min.compareTo(max) > 0) {
      return bodies;
    }
    int shortest = min.toString().length();
    int longest = max.toString().length();
    int full = 0;
    for (int length = shortest; length <= longest; length++) {
      BigInteger first = length == 1 ? BigInteger.ZERO : BigInteger.TEN.pow(length - 1);
      BigInteger last = BigInteger.TEN.pow(length).subtract(BigInteger.ONE);
      if (length > 1 && min.compareTo(first) <= 0 && max.compareTo(last) >= 0) {
        full = full == 0 ? length : full;
        if (length == longest) {
          bodies.add(wholeLengths(full, length));
        }
        continue;
      }
      if (full != 0) {
        bodies.add(wholeLengths(full, length - 1));
        full = 0;
      }
      bodies.add(sameLength(min.max(first).toString(), max.min(last).toString()));
    }
    return bodies;
  }

  private static String wholeLengths(int shortest, int longest) {
    return "[1-9] " + digits(shortest - 1, longest - 1);
  }

  /** Digits of one length from {@code min} to {@code max}. */
  private static String sameLength(String min, String max) {
    if (min.isEmpty()) {
      return "\"\"";
    }
    char a = min.charAt(0);
    char b = max.charAt(0);
    String restMin = min.substring(1);
    String restMax = max.substring(1);
    if (a == b) {
      return row(digit(a, b), sameLength(restMin, restMax));
    }
    List<String> bodies = new ArrayList<>();
    int rest = restMin.length();
    boolean wholeMin = restMin.equals("0".repeat(rest));
    boolean wholeMax = restMax.equals("9".repeat(rest));
    if (!wholeMin) {
      bodies.add(row(digit(a, a), sameLength(restMin, "9".repeat(rest))));
    }
    char from = wholeMin ? a : (char) (a + 1);
    char to = wholeMax ? b : (char) (b - 1);
    if (from <= to) {
      bodies.add(row(digit(from, to), digits(rest, rest)));
    }
    if (!wholeMax) {
      bodies.add(row(digit(b, b), sameLength("0".repeat(rest), restMax)));
    }
    return GrammarText.choice(bodies);
  }

  /** A bound of a range of numbers. */
  record Bound(BigDecimal value, boolean exclusive) {
    Bound negate() {
      return new Bound(value.negate(), exclusive);
    }
  }

  /** Numbers between two bounds without an exponent; empty if there is none. */
  static List<String> decimals(Bound min, Bound max) {
    List<String> bodies = new ArrayList<>();
    Bound zero = new Bound(BigDecimal.ZERO, false);
    if (max.value.signum() >= 0) {
      bodies.addAll(positive(min.value.signum() < 0 ? zero : min, max));
    }
    if (min.value.signum() < 0) {
      Bound least = max.value.signum() > 0 ? new Bound(BigDecimal.ZERO, true) : max.negate();
      positive(least, min.negate()).forEach(body -> bodies.add("\"-\" " + body));
    }
    return bodies;
  }

  private static List<String> positive(Bound min, Bound max) {
    List<String> bodies = new ArrayList<>();
    int order = min.value.compareTo(max.value);
    if (order > 0 || (order == 0 && (min.exclusive || max.exclusive))) {
      return bodies;
    }
    BigInteger first = min.value.toBigInteger();
    BigInteger last = max.value.toBigInteger();
    String low = fraction(min.value);
    String high = fraction(max.value);
    int length = Math.max(FRACTION_DIGITS, Math.max(low.length(), high.length()));
    if (first.equals(last)) {
      add(bodies, first, new Edge(low, min.exclusive), new Edge(high, max.exclusive), length);
      return bodies;
    }
    add(bodies, first, new Edge(low, min.exclusive), null, length);
    List<String> between = natural(first.add(BigInteger.ONE), last.subtract(BigInteger.ONE));
    if (!between.isEmpty()) {
      String anything = "(\".\" " + digits(1, length) + ")?";
      bodies.add(row(GrammarText.choice(between), anything));
    }
    add(bodies, last, null, new Edge(high, max.exclusive), length);
    return bodies;
  }

  /** What a fraction is compared with: digits behind the point, the last of them not zero. */
  private record Edge(String digits, boolean exclusive) {
    Edge next() {
      return digits.isEmpty() ? this : new Edge(digits.substring(1), exclusive);
    }

    char first() {
      return digits.isEmpty() ? '0' : digits.charAt(0);
    }

    boolean isZero() {
      return digits.isEmpty();
    }
  }

  private static void add(
      List<String> bodies, BigInteger whole, @Nullable Edge low, @Nullable Edge high, int length) {
    boolean bare =
        (low == null || (low.isZero() && !low.exclusive))
            && (high == null || !high.isZero() || !high.exclusive);
    String number = GrammarText.literal(whole.toString());
    if (bare) {
      bodies.add(number);
    }
    String fraction = fraction(low, high, length, true);
    if (fraction != null) {
      bodies.add(row(number, "\".\" " + fraction));
    }
  }

  /**
   * Up to {@code length} digits that lie between the edges.
   *
   * @param first whether at least one digit must come
   * @return null if nothing lies between
   */
  private static @Nullable String fraction(
      @Nullable Edge lower, @Nullable Edge high, int length, boolean first) {
    Edge low = lower != null && lower.isZero() && !lower.exclusive ? null : lower;
    if (low == null && high == null) {
      return digits(first ? 1 : 0, length);
    }
    List<String> bodies = new ArrayList<>();
    boolean below = high == null || !high.isZero() || !high.exclusive;
    if (!first && low == null && below) {
      bodies.add("\"\"");
    }
    if (length > 0) {
      char from = low == null ? '0' : low.first();
      char to = high == null ? '9' : high.first();
      if (low != null && high != null && from == to) {
        addDigit(bodies, from, from, fraction(low.next(), high.next(), length - 1, false));
      } else {
        addInner(bodies, low, high, length);
      }
    }
    return bodies.isEmpty() ? null : GrammarText.choice(bodies);
  }

  private static void addInner(
      List<String> bodies, @Nullable Edge low, @Nullable Edge high, int length) {
    int from = low == null ? '0' : low.first();
    int to = high == null ? '9' : high.first();
    if (low != null && from <= to) {
      addDigit(bodies, from, from, fraction(low.next(), null, length - 1, false));
    }
    int inner = low == null ? from : from + 1;
    int outer = high == null ? to : to - 1;
    if (inner <= outer) {
      addDigit(bodies, inner, outer, digits(0, length - 1));
    }
    if (high != null && from <= to) {
      addDigit(bodies, to, to, fraction(null, high.next(), length - 1, false));
    }
  }

  private static void addDigit(List<String> bodies, int from, int to, @Nullable String rest) {
    if (rest != null) {
      bodies.add(row(digit((char) from, (char) to), rest));
    }
  }

  private static String fraction(BigDecimal value) {
    BigDecimal rest = value.subtract(new BigDecimal(value.toBigInteger())).stripTrailingZeros();
    return rest.signum() == 0 ? "" : rest.toPlainString().substring(2);
  }

  private static String digit(char from, char to) {
    return from == to ? "\"" + from + "\"" : "[" + from + "-" + to + "]";
  }

  private static String digits(int min, int max) {
    return GrammarText.repeat(DIGIT, min, max);
  }

  private static String row(String first, String second) {
    return second.equals("\"\"") ? first : first + " " + second;
  }
}
