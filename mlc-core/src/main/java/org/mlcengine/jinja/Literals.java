package org.mlcengine.jinja;

import java.math.BigInteger;

/** Python's notation of numbers and of escapes in strings. */
final class Literals {
  private Literals() {}

  /** A number in the source, and where it ends. */
  record Number(String digits, boolean isFloat, int end) {}

  /**
   * Reads the number that starts with the digit at a place.
   *
   * @param afterDot whether a dot stands before it, so that it is an index and has no fraction
   */
  static Number number(String source, int start, boolean afterDot) {
    int end = digits(source, start);
    if (!afterDot) {
      int fraction =
          end < source.length() && source.charAt(end) == '.' ? digits(source, end + 1) : -1;
      int mantissa = fraction > end + 1 ? fraction : end;
      int exponent = exponent(source, mantissa);
      if (exponent > 0 || mantissa > end) {
        int last = exponent > 0 ? exponent : mantissa;
        return new Number(source.substring(start, last).replace("_", ""), true, last);
      }
    }
    char second = start + 1 < source.length() ? source.charAt(start + 1) : ' ';
    int radix =
        switch (source.charAt(start) == '0' ? Character.toLowerCase(second) : ' ') {
          case 'x' -> 16;
          case 'o' -> 8;
          case 'b' -> 2;
          default -> 10;
        };
    if (radix != 10) {
      int last = start + 2;
      while (last < source.length()
          && (Character.digit(source.charAt(last), radix) >= 0 || source.charAt(last) == '_')) {
        last++;
      }
      String digits = source.substring(start + 2, last).replace("_", "");
      if (!digits.isEmpty()) {
        return new Number(integer(digits, radix).toString(), false, last);
      }
    }
    return new Number(
        integer(source.substring(start, end).replace("_", ""), 10).toString(), false, end);
  }

  static BigInteger integer(String digits, int radix) {
    if (digits.length() > Value.Int.MAX_BITS / 4) {
      throw new TemplateError("a number has too many digits");
    }
    return new BigInteger(digits, radix);
  }

  private static int digits(String source, int start) {
    int end = start;
    while (end < source.length() && isDigit(source, end)) {
      end++;
      if (end < source.length() && source.charAt(end) == '_' && isDigit(source, end + 1)) {
        end++;
      }
    }
    return end;
  }

  private static boolean isDigit(String source, int index) {
    return index < source.length() && source.charAt(index) >= '0' && source.charAt(index) <= '9';
  }

  /** Returns where an exponent ends, or -1 if there is none. */
  private static int exponent(String source, int start) {
    if (start >= source.length() || Character.toLowerCase(source.charAt(start)) != 'e') {
      return -1;
    }
    int digit = start + 1;
    if (digit < source.length() && "+-".indexOf(source.charAt(digit)) >= 0) {
      digit++;
    }
    int end = digits(source, digit);
    return end > digit ? end : -1;
  }

  /** Replaces the escapes of a Python string. */
  static String unescape(String body) {
    if (body.indexOf('\\') < 0) {
      return body;
    }
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < body.length(); i++) {
      char c = body.charAt(i);
      if (c != '\\') {
        out.append(c);
        continue;
      }
      char escaped = body.charAt(++i);
      int simple = "ntrabfv\\'\"".indexOf(escaped);
      switch (escaped) {
        case '\n' -> {}
        case 'x' -> i = hex(body, i, 2, out);
        case 'u' -> i = hex(body, i, 4, out);
        case 'U' -> i = hex(body, i, 8, out);
        case 'N' -> throw new TemplateError("character names in strings are not supported");
        default -> {
          if (simple >= 0) {
            out.append("\n\t\r\u0007\b\f\u000b\\'\"".charAt(simple));
          } else if (escaped >= '0' && escaped <= '7') {
            i = octal(body, i, out);
          } else {
            out.append('\\').append(escaped);
          }
        }
      }
    }
    return out.toString();
  }

  private static int hex(String body, int at, int length, StringBuilder out) {
    int end = at + 1 + length;
    String digits = body.substring(at + 1, Math.min(end, body.length()));
    if (digits.length() < length || !digits.chars().allMatch(d -> Character.digit(d, 16) >= 0)) {
      throw new TemplateError("the escape '\\%s%s' is cut off".formatted(body.charAt(at), digits));
    }
    long code = Long.parseLong(digits, 16);
    if (code > Character.MAX_CODE_POINT) {
      throw new TemplateError("the escape '\\U" + digits + "' is no character");
    }
    out.appendCodePoint((int) code);
    return end - 1;
  }

  private static int octal(String body, int at, StringBuilder out) {
    int end = at;
    int code = 0;
    while (end < Math.min(at + 3, body.length())
        && body.charAt(end) >= '0'
        && body.charAt(end) <= '7') {
      code = code * 8 + body.charAt(end++) - '0';
    }
    out.append((char) code);
    return end - 1;
  }
}
