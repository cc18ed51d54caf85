package org.mlcengine.jinja;

import java.math.BigInteger;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Python's {@code str.format}. */
final class BraceFormat {
  private static final Pattern SPEC =
      Pattern.compile(
          "(?s)(?:(.)?([<>=^]))?([-+ ])?(#)?(0)?(\\d{1,8})?([,_])?(?:\\.(\\d{1,8}))?([a-zA-Z%])?");
  private static final Pattern STEP = Pattern.compile("\\.([^.\\[\\]]+)|\\[([^\\[\\]]+)\\]");

  private final Evaluator evaluator;
  private final String format;
  private final Arguments arguments;
  private int position;
  private int automatic;

  private BraceFormat(Evaluator evaluator, String format, Arguments arguments) {
    this.evaluator = evaluator;
    this.format = format;
    this.arguments = arguments;
  }

  static String format(Evaluator evaluator, String format, Arguments arguments) {
    return new BraceFormat(evaluator, format, arguments).format();
  }

  private String format() {
    StringBuilder out = new StringBuilder();
    while (position < format.length()) {
      char c = format.charAt(position++);
      boolean doubled = position < format.length() && format.charAt(position) == c;
      if (c != '{' && c != '}') {
        out.append(c);
      } else if (doubled) {
        out.append(c);
        position++;
      } else if (c == '{') {
        out.append(field());
      } else {
        throw new TemplateError("a single '}' stands in a format");
      }
      evaluator.budget().charge(1);
      Budget.checkText(out.length());
    }
    return out.toString();
  }

  private String field() {
    int end = format.indexOf('}', position);
    String field = end < 0 ? "{" : format.substring(position, end);
    if (field.indexOf('{') >= 0) {
      throw new TemplateError("a field of a format has no end, or fields inside it");
    }
    position = end + 1;
    int colon = field.indexOf(':');
    String spec = colon < 0 ? "" : field.substring(colon + 1);
    String name = colon < 0 ? field : field.substring(0, colon);
    int mark = name.indexOf('!');
    Value value = value(mark < 0 ? name : name.substring(0, mark));
    if (mark >= 0) {
      value =
          Value.of(
              name.substring(mark + 1).equals("s")
                  ? PythonText.str(evaluator, value)
                  : PythonText.repr(evaluator, value));
    }
    return spec.isEmpty() ? PythonText.str(evaluator, value) : convert(value, spec);
  }

  private Value value(String name) {
    Matcher steps = STEP.matcher(name);
    int end = steps.find() ? steps.start() : name.length();
    Value value = argument(name.substring(0, end));
    steps.reset();
    while (end < name.length()) {
      if (!steps.find(end) || steps.start() != end) {
        throw new TemplateError("the field name '" + name + "' of a format is malformed");
      }
      String attribute = steps.group(1);
      value =
          attribute != null
              ? Attributes.attribute(value, attribute)
              : Paths.get(evaluator, value, Value.of(steps.group(2)));
      end = steps.end();
    }
    return value;
  }

  private Value argument(String name) {
    boolean number = !name.isEmpty() && name.chars().allMatch(c -> c >= '0' && c <= '9');
    if (!name.isEmpty() && !number) {
      Value value = arguments.named().get(name);
      if (value == null) {
        throw new TemplateError("format() has no argument named '" + name + "'");
      }
      return value;
    }
    List<Value> positional = arguments.positional();
    int index =
        number ? Literals.integer(name, 10).min(BigInteger.TEN.pow(6)).intValue() : automatic++;
    if (index >= positional.size()) {
      throw new TemplateError("format() has no argument " + index);
    }
    return positional.get(index);
  }

  private String convert(Value value, String spec) {
    Matcher parts = SPEC.matcher(spec);
    if (!parts.matches()) {
      throw new TemplateError("the format '" + spec + "' is not supported");
    }
    boolean zero = parts.group(5) != null;
    String fill = group(parts, 1, zero ? "0" : " ");
    int width = Integer.parseInt(group(parts, 6, "0"));
    int precision = Integer.parseInt(group(parts, 8, "-1"));
    char type = group(parts, 9, " ").charAt(0);
    boolean text = !Numbers.isNumber(value) || value instanceof Value.Bool && type == ' ';
    String align = group(parts, 2, text ? "<" : zero ? "=" : ">");
    if (text) {
      if (type != ' ' && type != 's' || !group(parts, 3, "").isEmpty()) {
        throw new TemplateError(
            "the format '" + spec + "' does not suit " + Values.typeName(value));
      }
      String body = PythonText.str(evaluator, value);
      int length = Characters.length(body);
      body =
          body.substring(
              0, Characters.offset(body, precision < 0 ? length : Math.min(precision, length)));
      return NumberFormat.fill("", body, width, fill, align.charAt(0));
    }
    boolean negative = Numbers.compare(value, Value.of(0)) < 0;
    String sign = negative ? "-" : group(parts, 3, "").replace("-", "");
    String body = grouped(number(value, type, precision), group(parts, 7, ""));
    return NumberFormat.fill(sign, body, width, fill, align.charAt(0));
  }

  private static String group(Matcher parts, int group, String otherwise) {
    String text = parts.group(group);
    return text == null ? otherwise : text;
  }

  private static String number(Value value, char type, int precision) {
    boolean real = value instanceof Value.Float || "eEfFgG%".indexOf(type) >= 0;
    if (!real) {
      if (" dnboxX".indexOf(type) < 0) {
        throw new TemplateError("the format type '" + type + "' does not suit an integer");
      }
      return NumberFormat.integer(Numbers.integer(value).abs(), type);
    }
    double absolute = Math.abs(Numbers.real(value));
    return switch (type) {
      case '%' -> NumberFormat.real(absolute * 100, 'f', precision) + "%";
      case 'e', 'E', 'f', 'F', 'g', 'G' -> NumberFormat.real(absolute, type, precision);
      case ' ', 'n' ->
          precision < 0 ? PythonText.real(absolute) : NumberFormat.real(absolute, 'g', precision);
      default -> throw new TemplateError("the format type '" + type + "' does not suit a number");
    };
  }

  private static String grouped(String number, String separator) {
    if (separator.isEmpty()) {
      return number;
    }
    int end = number.indexOf('.') < 0 ? number.length() : number.indexOf('.');
    StringBuilder out = new StringBuilder(number);
    for (int i = end - 3; i > 0; i -= 3) {
      out.insert(i, separator);
    }
    return out.toString();
  }
}
