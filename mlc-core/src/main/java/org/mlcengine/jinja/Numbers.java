package org.mlcengine.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Optional;

/** Python's numbers. */
final class Numbers {
  private static final BigInteger MAX_INT = BigInteger.valueOf(Integer.MAX_VALUE);

  private Numbers() {}

  static boolean isNumber(Value value) {
    return value instanceof Value.Bool
        || value instanceof Value.Int
        || value instanceof Value.Float;
  }

  static boolean isInteger(Value value) {
    return value instanceof Value.Bool || value instanceof Value.Int;
  }

  static BigInteger integer(Value value) {
    return switch (value) {
      case Value.Int number -> number.value();
      case Value.Bool bool -> bool.value() ? BigInteger.ONE : BigInteger.ZERO;
      default -> throw new TemplateError("expected an integer, found " + Values.typeName(value));
    };
  }

  static double real(Value value) {
    return value instanceof Value.Float number ? number.value() : integer(value).doubleValue();
  }

  /** Returns an integer, the nearest that Java's type has. */
  static int index(Value value) {
    return integer(value).min(MAX_INT).max(MAX_INT.negate()).intValue();
  }

  static int compare(Value a, Value b) {
    if (isInteger(a) && isInteger(b)) {
      return integer(a).compareTo(integer(b));
    }
    double x = real(a);
    double y = real(b);
    if (Double.isFinite(x) && Double.isFinite(y)) {
      return exact(a).compareTo(exact(b));
    }
    return x == y ? 0 : x < y ? -1 : 1;
  }

  private static BigDecimal exact(Value value) {
    return value instanceof Value.Float number
        ? new BigDecimal(number.value())
        : new BigDecimal(integer(value));
  }

  static Value calculate(String operator, Value a, Value b) {
    if (!isInteger(a) || !isInteger(b)) {
      return new Value.Float(calculate(operator, real(a), real(b)));
    }
    BigInteger x = integer(a);
    BigInteger y = integer(b);
    return switch (operator) {
      case "+" -> new Value.Int(x.add(y));
      case "-" -> new Value.Int(x.subtract(y));
      case "*" -> new Value.Int(x.multiply(y));
      case "/" -> new Value.Float(quotient(x, requireNonZero(y)));
      case "//" -> new Value.Int(floorDivide(x, requireNonZero(y)));
      case "%" -> new Value.Int(x.subtract(y.multiply(floorDivide(x, requireNonZero(y)))));
      default -> power(x, y);
    };
  }

  private static double quotient(BigInteger x, BigInteger y) {
    return new BigDecimal(x).divide(new BigDecimal(y), new MathContext(60)).doubleValue();
  }

  private static double calculate(String operator, double x, double y) {
    if (y == 0 && (operator.equals("/") || operator.equals("//") || operator.equals("%"))) {
      throw new TemplateError("division by zero");
    }
    return switch (operator) {
      case "+" -> x + y;
      case "-" -> x - y;
      case "*" -> x * y;
      case "/" -> x / y;
      case "//" -> floorDivide(x, y);
      case "%" -> remainder(x, y);
      default -> Math.pow(x, y);
    };
  }

  private static double floorDivide(double x, double y) {
    double rest = x % y;
    double quotient = (x - rest) / y - (rest != 0 && rest < 0 != y < 0 ? 1 : 0);
    double floor = Math.floor(quotient);
    return quotient - floor > 0.5 ? floor + 1 : floor;
  }

  private static double remainder(double x, double y) {
    double rest = x % y;
    if (rest == 0) {
      return Math.copySign(0.0, y);
    }
    return rest < 0 == y < 0 ? rest : rest + y;
  }

  private static BigInteger requireNonZero(BigInteger divisor) {
    if (divisor.signum() == 0) {
      throw new TemplateError("division by zero");
    }
    return divisor;
  }

  private static BigInteger floorDivide(BigInteger x, BigInteger y) {
    BigInteger[] parts = x.divideAndRemainder(y);
    return parts[1].signum() != 0 && parts[1].signum() != y.signum()
        ? parts[0].subtract(BigInteger.ONE)
        : parts[0];
  }

  private static Value power(BigInteger x, BigInteger y) {
    if (y.signum() < 0) {
      if (x.signum() == 0) {
        throw new TemplateError("0 cannot be raised to a negative power");
      }
      return new Value.Float(Math.pow(x.doubleValue(), y.doubleValue()));
    }
    if (x.bitLength() > 1 && (y.bitLength() > 20 || x.bitLength() * y.longValue() > 30_000)) {
      throw new TemplateError("an integer has too many digits");
    }
    boolean unit = x.bitLength() <= 1 && x.abs().compareTo(BigInteger.ONE) <= 0;
    if (unit && y.signum() > 0) {
      return new Value.Int(y.testBit(0) ? x : x.abs());
    }
    return new Value.Int(x.pow(Math.min(index(new Value.Int(y)), 30_000)));
  }

  /** Rounds to decimals, with an exact tie going to the even neighbour. */
  static Value round(Value value, int decimals) {
    if (value instanceof Value.Float number) {
      return new Value.Float(
          Double.isFinite(number.value())
              ? new BigDecimal(number.value())
                  .setScale(Math.clamp(decimals, -400, 400), RoundingMode.HALF_EVEN)
                  .doubleValue()
              : number.value());
    }
    BigDecimal rounded =
        new BigDecimal(integer(value))
            .setScale(Math.clamp(decimals, -5000, 0), RoundingMode.HALF_EVEN);
    return new Value.Int(rounded.toBigInteger());
  }

  /** Returns the integer that a text spells in Python's notation. */
  static Optional<BigInteger> parseInteger(String text, int radix) {
    String digits = Characters.strip(text, true, true).replaceAll("(?<=\\w)_(?=\\w)", "");
    boolean signed = digits.startsWith("-") || digits.startsWith("+");
    String unsigned = signed ? digits.substring(1) : digits;
    if (radix == 16 && unsigned.startsWith("0x")
        || radix == 8 && unsigned.startsWith("0o")
        || radix == 2 && unsigned.startsWith("0b")) {
      unsigned = unsigned.substring(2);
    }
    if (unsigned.isEmpty()
        || radix < 2
        || radix > 36
        || !unsigned.chars().allMatch(c -> Character.digit(c, radix) >= 0)) {
      return Optional.empty();
    }
    BigInteger value = Literals.integer(unsigned, radix);
    return Optional.of(digits.startsWith("-") ? value.negate() : value);
  }

  /** Returns the number that a text spells in Python's notation. */
  static Optional<Double> parseReal(String text) {
    String digits = Characters.lower(Characters.strip(text, true, true));
    String unsigned =
        digits.startsWith("-") || digits.startsWith("+") ? digits.substring(1) : digits;
    double sign = digits.startsWith("-") ? -1 : 1;
    if (unsigned.equals("inf") || unsigned.equals("infinity")) {
      return Optional.of(sign * Double.POSITIVE_INFINITY);
    }
    if (unsigned.equals("nan")) {
      return Optional.of(Double.NaN);
    }
    boolean plain = unsigned.length() < 4000 && unsigned.chars().allMatch(Numbers::mayBeInNumber);
    if (unsigned.isEmpty() || !plain || unsigned.endsWith("_") || unsigned.startsWith("_")) {
      return Optional.empty();
    }
    try {
      return Optional.of(sign * Double.parseDouble(unsigned.replace("_", "")));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static boolean mayBeInNumber(int c) {
    return c >= '0' && c <= '9' || c == '.' || c == 'e' || c == '+' || c == '-' || c == '_';
  }
}
