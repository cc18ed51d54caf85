package org.mlcengine.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;

/** Python's operator {@code %} on texts. */
final class PercentFormat {
  private final Evaluator evaluator;
  private final String format;
  private final Value given;
  private final List<Value> values;
  private int used;
  private int position;

  private PercentFormat(Evaluator evaluator, String format, Value given) {
    this.evaluator = evaluator;
    this.format = format;
    this.given = given;
    this.values =
        given instanceof Value.Items items && items.tuple() ? items.values() : List.of(given);
  }

  static String format(Evaluator evaluator, String format, Value given) {
    return new PercentFormat(evaluator, format, given).format();
  }

  private String format() {
    StringBuilder out = new StringBuilder();
    while (position < format.length()) {
      char c = format.charAt(position++);
      if (c != '%') {
        out.append(c);
      } else if (position < format.length() && format.charAt(position) == '%') {
        position++;
        out.append('%');
      } else {
        out.append(field());
      }
      evaluator.budget().charge(1);
      Budget.checkText(out.length());
    }
    if (used < values.size() && !(given instanceof Value.Dict)) {
      throw new TemplateError("not all values were used in formatting a text");
    }
    return out.toString();
  }

  private Value next() {
    if (used >= values.size()) {
      throw new TemplateError("there are too few values to format a text");
    }
    return values.get(used++);
  }

  private String field() {
    Value byName = null;
    if (peek() == '(') {
      int end = format.indexOf(')', position);
      if (end < 0 || !(given instanceof Value.Dict)) {
        throw new TemplateError("formatting by name expects '%(name)s' and a dict");
      }
      byName = Attributes.item(evaluator, given, Value.of(format.substring(position + 1, end)));
      position = end + 1;
    }
    int start = position;
    while ("-+ 0#".indexOf(peek()) >= 0) {
      position++;
    }
    String flags = format.substring(start, position);
    int width = number(0);
    boolean left = flags.contains("-") || width < 0;
    int precision = -1;
    if (peek() == '.') {
      position++;
      precision = Math.max(0, number(0));
    }
    char type = peek();
    position++;
    Value value = byName != null ? byName : next();
    return convert(value, type, flags, Math.abs(width), precision, left);
  }

  private char peek() {
    if (position >= format.length()) {
      throw new TemplateError("a field of a format is not complete");
    }
    return format.charAt(position);
  }

  private int number(int otherwise) {
    if (peek() == '*') {
      position++;
      return Numbers.index(next());
    }
    int start = position;
    while (peek() >= '0' && peek() <= '9') {
      position++;
    }
    if (position - start > 8) {
      throw new TemplateError("a width in a format is too large");
    }
    return position == start ? otherwise : Integer.parseInt(format.substring(start, position));
  }

  private String convert(
      Value value, char type, String flags, int width, int precision, boolean left) {
    String sign = "";
    String body;
    boolean number = true;
    switch (type) {
      case 'd', 'i', 'u', 'x', 'X', 'o' -> {
        BigInteger integer = integer(value, type);
        sign = sign(integer.signum() < 0, flags);
        body = NumberFormat.integer(integer.abs(), type);
        body = "0".repeat(Math.max(0, Budget.checkText(precision) - body.length())) + body;
        if (flags.contains("#") && "xXo".indexOf(type) >= 0) {
          sign += "0" + type;
        }
      }
      case 'e', 'E', 'f', 'F', 'g', 'G' -> {
        double real = Numbers.real(value);
        sign = sign(real < 0 || 1 / real < 0, flags);
        body = NumberFormat.real(Math.abs(real), type, precision);
      }
      case 'c' -> {
        number = false;
        body =
            value instanceof Value.Text text
                ? text.text()
                : Character.toString(Math.clamp(Numbers.index(value), 0, 0x10ffff));
      }
      case 's', 'r', 'a' -> {
        number = false;
        body = type == 's' ? PythonText.str(evaluator, value) : PythonText.repr(evaluator, value);
        if (precision >= 0 && precision < Characters.length(body)) {
          body = body.substring(0, Characters.offset(body, precision));
        }
      }
      default -> throw new TemplateError("unsupported format character '" + type + "'");
    }
    boolean zeros = number && flags.contains("0") && !left;
    return NumberFormat.fill(sign, body, width, zeros ? "0" : " ", left ? '<' : zeros ? '=' : '>');
  }

  private static BigInteger integer(Value value, char type) {
    if (value instanceof Value.Float real && "diu".indexOf(type) >= 0) {
      if (!Double.isFinite(real.value())) {
        throw new TemplateError("'%d' cannot format " + PythonText.real(real.value()));
      }
      return new BigDecimal(real.value()).toBigInteger();
    }
    return Numbers.integer(value);
  }

  private static String sign(boolean negative, String flags) {
    return negative ? "-" : flags.contains("+") ? "+" : flags.contains(" ") ? " " : "";
  }
}
