package org.mlcengine.jinja;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Python's {@code json.dumps}. */
final class JsonText {
  /**
   * How JSON is written.
   *
   * @param ascii whether other characters are escaped
   * @param indent what a level is indented with; without it all is on one line
   */
  record Style(
      boolean ascii, Optional<String> indent, String itemEnd, String keyEnd, boolean sorted) {}

  private final StringBuilder out = new StringBuilder();
  private final Evaluator evaluator;
  private final Style style;

  private JsonText(Evaluator evaluator, Style style) {
    this.evaluator = evaluator;
    this.style = style;
  }

  static String write(Evaluator evaluator, Value value, Style style) {
    JsonText json = new JsonText(evaluator, style);
    json.append(value, 0);
    return json.out.toString();
  }

  private void append(Value value, int level) {
    evaluator.budget().charge(1);
    Budget.checkText(out.length());
    switch (value) {
      case Value.None none -> out.append("null");
      case Value.Bool bool -> out.append(bool.value());
      case Value.Int number -> out.append(number.value());
      case Value.Float number -> out.append(real(number.value()));
      case Value.Text text -> quote(text.text());
      case Value.Items items -> appendItems(items.values(), level);
      case Value.Dict dict -> appendDict(dict.entries(), level);
      default ->
          throw new TemplateError(
              value instanceof Value.Undefined undefined
                  ? "undefined values have no JSON: " + undefined.message()
                  : Values.typeName(value) + " objects have no JSON");
    }
  }

  private static String real(double value) {
    return Double.isNaN(value)
        ? "NaN"
        : Double.isInfinite(value)
            ? (value > 0 ? "Infinity" : "-Infinity")
            : PythonText.real(value);
  }

  private void appendItems(List<Value> items, int level) {
    if (items.isEmpty()) {
      out.append("[]");
      return;
    }
    out.append('[');
    newLine(level + 1);
    for (Iterator<Value> i = items.iterator(); i.hasNext(); ) {
      append(i.next(), level + 1);
      if (i.hasNext()) {
        out.append(style.itemEnd());
        newLine(level + 1);
      }
    }
    newLine(level);
    out.append(']');
  }

  private void appendDict(Map<Value, Value> entries, int level) {
    if (entries.isEmpty()) {
      out.append("{}");
      return;
    }
    List<Map.Entry<Value, Value>> ordered = new ArrayList<>(entries.entrySet());
    if (style.sorted()) {
      Operators.sort(evaluator, ordered, Map.Entry::getKey);
    }
    out.append('{');
    newLine(level + 1);
    for (Iterator<Map.Entry<Value, Value>> i = ordered.iterator(); i.hasNext(); ) {
      Map.Entry<Value, Value> entry = i.next();
      quote(key(entry.getKey()));
      out.append(style.keyEnd());
      append(entry.getValue(), level + 1);
      if (i.hasNext()) {
        out.append(style.itemEnd());
        newLine(level + 1);
      }
    }
    newLine(level);
    out.append('}');
  }

  private static String key(Value key) {
    return switch (key) {
      case Value.Text text -> text.text();
      case Value.Bool bool -> String.valueOf(bool.value());
      case Value.None none -> "null";
      case Value.Int number -> number.value().toString();
      case Value.Float number -> real(number.value());
      default -> throw new TemplateError("a " + Values.typeName(key) + " cannot be a key in JSON");
    };
  }

  private void newLine(int level) {
    style
        .indent()
        .ifPresent(
            indent -> {
              Budget.checkText(out.length() + (long) level * indent.length());
              out.append('\n').append(indent.repeat(level));
            });
  }

  private void quote(String text) {
    evaluator.budget().chargeText(text.length());
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      int escape = "\"\\\n\r\t\b\f".indexOf(c);
      if (escape >= 0) {
        out.append('\\').append("\"\\nrtbf".charAt(escape));
      } else if (c < 0x20 || style.ascii() && c > 0x7e) {
        out.append("\\u%04x".formatted((int) c));
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }
}
