package org.mlcengine.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;

/** Numbers in the notations of C's {@code printf} and Python's {@code format}. */
final class NumberFormat {
  private static final int MAX_PRECISION = 1000;

  private NumberFormat() {}

  /** Returns the digits of an absolute value in one of the notations b, o, x, X and d. */
  static String integer(BigInteger absolute, char type) {
    return switch (type) {
      case 'b' -> absolute.toString(2);
      case 'o' -> absolute.toString(8);
      case 'x' -> absolute.toString(16);
      case 'X' -> Characters.upper(absolute.toString(16));
      default -> absolute.toString();
    };
  }

  /**
   * Returns an absolute value in one of the notations e, f and g, or their capitals.
   *
   * @param precision digits after the point, or for g in all; negative for the default of 6
   */
  static String real(double absolute, char type, int precision) {
    char lower = Character.toLowerCase(type);
    String text;
    if (!Double.isFinite(absolute)) {
      text = Double.isNaN(absolute) ? "nan" : "inf";
    } else {
      int digits = precision < 0 ? 6 : precision;
      if (digits > MAX_PRECISION) {
        throw new TemplateError("a number has more than " + MAX_PRECISION + " digits");
      }
      BigDecimal exact = new BigDecimal(absolute);
      text =
          switch (lower) {
            case 'e' -> scientific(exact, digits);
            case 'g' -> general(exact, Math.max(1, digits));
            default -> exact.setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
          };
    }
    return lower == type ? text : Characters.upper(text);
  }

  private static BigDecimal rounded(BigDecimal value, int digits) {
    return value.round(new MathContext(digits, RoundingMode.HALF_EVEN));
  }

  private static int exponent(BigDecimal value) {
    return value.signum() == 0 ? 0 : value.precision() - value.scale() - 1;
  }

  private static String scientific(BigDecimal value, int digits) {
    BigDecimal rounded = rounded(value, digits + 1);
    int exponent = exponent(rounded);
    String mantissa =
        rounded.movePointLeft(exponent).setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
    return "%se%s%02d".formatted(mantissa, exponent < 0 ? "-" : "+", Math.abs(exponent));
  }

  private static String general(BigDecimal value, int digits) {
    BigDecimal rounded = rounded(value, digits);
    int exponent = exponent(rounded);
    if (exponent < -4 || exponent >= digits) {
      BigDecimal mantissa = rounded.movePointLeft(exponent).stripTrailingZeros();
      return "%se%s%02d"
          .formatted(mantissa.toPlainString(), exponent < 0 ? "-" : "+", Math.abs(exponent));
    }
    return rounded.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString();
  }

  static String fill(String sign, String body, int width, String fill, char align) {
    int missing = Math.max(0, Budget.checkText(width) - Characters.length(sign + body));
    return switch (align) {
      case '<' -> sign + body + fill.repeat(missing);
      case '^' -> fill.repeat(missing / 2) + sign + body + fill.repeat(missing - missing / 2);
      case '=' -> sign + fill.repeat(missing) + body;
      default -> fill.repeat(missing) + sign + body;
    };
  }
}
