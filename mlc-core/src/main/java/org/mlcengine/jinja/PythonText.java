package org.mlcengine.jinja;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Iterator;
import java.util.Map;

/** Python's {@code str} and {@code repr} of values. */
final class PythonText {
  private final StringBuilder out = new StringBuilder();
  private final Budget budget;

  private PythonText(Budget budget) {
    this.budget = budget;
  }

  /** Returns what a value looks like in the output. */
  static String str(Evaluator evaluator, Value value) {
    return switch (value) {
      case Value.Text text -> text.text();
      case Value.Undefined undefined -> "";
      default -> repr(evaluator, value);
    };
  }

  static String repr(Evaluator evaluator, Value value) {
    PythonText text = new PythonText(evaluator.budget());
    text.append(value);
    return text.out.toString();
  }

  private void append(Value value) {
    budget.charge(1);
    Budget.checkText(out.length());
    switch (value) {
      case Value.None none -> out.append("None");
      case Value.Bool bool -> out.append(bool.value() ? "True" : "False");
      case Value.Int number -> out.append(number.value());
      case Value.Float number -> out.append(real(number.value()));
      case Value.Text text -> quote(text.text());
      case Value.Items items -> appendItems(items);
      case Value.Dict dict -> appendDict(dict.entries());
      case Value.View view -> {
        out.append(view.name()).append('(');
        appendItems(new Value.Items(view.values(), false));
        out.append(')');
      }
      case Value.Undefined undefined -> out.append("Undefined");
      case Value.Namespace namespace -> out.append("<Namespace>");
      case Value.Function function ->
          out.append("<function '").append(function.name()).append("'>");
      case Generator generator -> out.append("<generator>");
      case Loop loop ->
          out.append("<LoopContext ")
              .append(loop.index())
              .append('/')
              .append(loop.length())
              .append('>');
    }
  }

  private void appendItems(Value.Items items) {
    boolean tuple = items.tuple();
    out.append(tuple ? '(' : '[');
    for (Iterator<Value> i = items.values().iterator(); i.hasNext(); ) {
      append(i.next());
      out.append(i.hasNext() ? ", " : "");
    }
    out.append(tuple && items.values().size() == 1 ? "," : "").append(tuple ? ')' : ']');
  }

  private void appendDict(Map<Value, Value> entries) {
    out.append('{');
    for (var i = entries.entrySet().iterator(); i.hasNext(); ) {
      Map.Entry<Value, Value> entry = i.next();
      append(entry.getKey());
      out.append(": ");
      append(entry.getValue());
      out.append(i.hasNext() ? ", " : "");
    }
    out.append('}');
  }

  private void quote(String text) {
    budget.chargeText(text.length());
    char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
    out.append(quote);
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                  if (c == quote) {
                    out.append('\\').append(quote);
                  } else if (Characters.isPrintable(c)) {
                    out.appendCodePoint(c);
                  } else {
                    out.append(
                        (c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x").formatted(c));
                  }
                }
              }
            });
    out.append(quote);
  }

  /** Returns the shortest decimal of a number, in Python's notation. */
  static String real(double value) {
    if (Double.isNaN(value)) {
      return "nan";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "inf" : "-inf";
    }
    if (value == 0) {
      return 1 / value < 0 ? "-0.0" : "0.0";
    }
    BigDecimal shortest = shortest(Math.abs(value)).stripTrailingZeros();
    String digits = shortest.unscaledValue().toString();
    int exponent = digits.length() - 1 - shortest.scale();
    String sign = value < 0 ? "-" : "";
    if (exponent < -4 || exponent >= 16) {
      String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
      return "%s%s%se%s%02d"
          .formatted(
              sign, digits.charAt(0), fraction, exponent < 0 ? "-" : "+", Math.abs(exponent));
    }
    String plain = shortest.toPlainString();
    return sign + plain + (plain.indexOf('.') < 0 ? ".0" : "");
  }

  /** Java gives two digits where one is enough. */
  private static BigDecimal shortest(double value) {
    BigDecimal decimal = new BigDecimal(Double.toString(value));
    if (decimal.precision() == 2) {
      BigDecimal one = decimal.round(new MathContext(1));
      return one.doubleValue() == value ? one : decimal;
    }
    return decimal;
  }
}
