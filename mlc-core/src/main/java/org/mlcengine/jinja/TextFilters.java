package org.mlcengine.jinja;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.mlcengine.jinja.Filters.Filter;

/** Filters that make a text of a value. */
final class TextFilters {
  private TextFilters() {}

  static void addTo(Map<String, Filter> filters) {
    filters.put("upper", simple("upper", Characters::upper));
    filters.put("lower", simple("lower", Characters::lower));
    filters.put("capitalize", simple("capitalize", Characters::capitalize));
    filters.put("title", simple("title", TextFilters::title));
    filters.put("string", (e, v, a) -> v instanceof Value.Text ? v : text(e, v));
    filters.put("trim", TextFilters::trim);
    filters.put("replace", TextFilters::replace);
    filters.put("indent", TextFilters::indent);
    filters.put("center", TextFilters::center);
    filters.put("truncate", TextFilters::truncate);
    filters.put("wordcount", TextFilters::wordCount);
    filters.put("format", TextFilters::format);
    filters.put("join", TextFilters::join);
    filters.put("tojson", TextFilters::toJson);
    filters.put("safe", (e, v, a) -> new Value.Text(PythonText.str(e, v), true));
    filters.put("escape", TextFilters::escape);
    filters.put("e", TextFilters::escape);
    filters.put("forceescape", TextFilters::forceEscape);
    filters.put("urlencode", TextFilters::urlEncode);
  }

  private static Filter simple(String name, UnaryOperator<String> change) {
    return (evaluator, value, arguments) -> {
      arguments.bind(name);
      return Value.of(change.apply(PythonText.str(evaluator, value)));
    };
  }

  private static Value.Text text(Evaluator evaluator, Value value) {
    return Value.of(PythonText.str(evaluator, value));
  }

  /** Returns the text with a capital at each beginning of a word, in Jinja's view of words. */
  private static String title(String text) {
    StringBuilder out = new StringBuilder();
    boolean begins = true;
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      String character = Character.toString(c);
      boolean separates = Characters.isSpace(c) || "-({[<".indexOf(c) >= 0;
      out.append(begins ? Characters.upper(character) : Characters.lower(character));
      begins = separates;
      i += Character.charCount(c);
    }
    return out.toString();
  }

  private static Value trim(Evaluator evaluator, Value value, Arguments arguments) {
    String text = PythonText.str(evaluator, value);
    return Value.of(
        arguments
            .bind("trim", "chars")
            .some(0)
            .map(chars -> Characters.strip(text, Values.text("trim", chars), true, true))
            .orElseGet(() -> Characters.strip(text, true, true)));
  }

  private static Value replace(Evaluator evaluator, Value value, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("replace", "old", "new", "count");
    String text = PythonText.str(evaluator, value);
    String old = PythonText.str(evaluator, bound.get(0));
    evaluator.budget().chargeSearch(text, old);
    int count = bound.some(2).map(Numbers::index).orElse(-1);
    return Value.of(Characters.replace(text, old, PythonText.str(evaluator, bound.get(1)), count));
  }

  private static Value indent(Evaluator evaluator, Value value, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("indent", "width", "first", "blank");
    String text = Values.text("indent", value);
    String indent =
        bound.get(0, Value.of(4)) instanceof Value.Text given
            ? given.text()
            : " ".repeat(Budget.checkText(Math.max(0, bound.integer(0, 4))));
    List<String> lines = new ArrayList<>(Characters.lines(text + "\n", false));
    Budget.checkText(text.length() + (long) lines.size() * (1 + indent.length()));
    boolean blank = bound.flag(2);
    StringBuilder out = new StringBuilder(bound.flag(1) ? indent : "").append(lines.getFirst());
    for (String line : lines.subList(1, lines.size())) {
      out.append('\n').append(blank || !line.isEmpty() ? indent : "").append(line);
    }
    return Value.of(out.toString());
  }

  private static Value center(Evaluator evaluator, Value value, Arguments arguments) {
    int width = arguments.bind("center", "width").integer(0, 80);
    Value method = Attributes.attribute(text(evaluator, value), "center");
    return evaluator.call(method, Arguments.of(Value.of(width)));
  }

  private static Value truncate(Evaluator evaluator, Value value, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("truncate", "length", "killwords", "end", "leeway");
    String text = PythonText.str(evaluator, value);
    String end = bound.text(2, "...");
    int length = bound.integer(0, 255);
    int leeway = bound.some(3).map(Numbers::index).orElse(5);
    if (length < Characters.length(end) || leeway < 0) {
      throw new TemplateError("truncate() expects a length of at least " + Characters.length(end));
    }
    if (Characters.length(text) <= (long) length + leeway) {
      return Value.of(text);
    }
    String kept = text.substring(0, Characters.offset(text, length - Characters.length(end)));
    int space = bound.flag(1) ? -1 : kept.lastIndexOf(' ');
    return Value.of((space < 0 ? kept : kept.substring(0, space)) + end);
  }

  private static Value wordCount(Evaluator evaluator, Value value, Arguments arguments) {
    arguments.bind("wordcount");
    int count = 0;
    boolean inWord = false;
    for (int c : PythonText.str(evaluator, value).codePoints().toArray()) {
      boolean word = c == '_' || Character.isLetterOrDigit(c);
      count += word && !inWord ? 1 : 0;
      inWord = word;
    }
    return Value.of(count);
  }

  private static Value format(Evaluator evaluator, Value value, Arguments arguments) {
    if (!arguments.positional().isEmpty() && !arguments.named().isEmpty()) {
      throw new TemplateError("format() takes arguments either by position or by name");
    }
    Value given = new Value.Items(arguments.positional(), true);
    if (!arguments.named().isEmpty()) {
      given =
          new Value.Dict(
              arguments.named().entrySet().stream()
                  .collect(
                      Collectors.toMap(entry -> Value.of(entry.getKey()), Map.Entry::getValue)));
    }
    return Value.of(PercentFormat.format(evaluator, PythonText.str(evaluator, value), given));
  }

  private static Value join(Evaluator evaluator, Value value, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("join", "d", "attribute");
    String separator = PythonText.str(evaluator, bound.get(0, Value.EMPTY));
    Optional<Value> attribute = bound.some(1);
    StringBuilder out = new StringBuilder();
    boolean first = true;
    for (Value item : Values.list(evaluator, value)) {
      Value part = attribute.isPresent() ? Paths.get(evaluator, item, attribute.get()) : item;
      String text = PythonText.str(evaluator, part);
      evaluator.budget().chargeText((long) separator.length() + text.length());
      Budget.checkText((long) out.length() + separator.length() + text.length());
      out.append(first ? "" : separator).append(text);
      first = false;
    }
    return Value.of(out.toString());
  }

  private static Value toJson(Evaluator evaluator, Value value, Arguments arguments) {
    Arguments.Bound bound =
        arguments.bind("tojson", "ensure_ascii", "indent", "separators", "sort_keys");
    Optional<String> indent =
        bound
            .some(1)
            .map(
                given ->
                    given instanceof Value.Text text
                        ? text.text()
                        : " ".repeat(Budget.checkText(Math.max(0, Numbers.index(given)))));
    String itemEnd = indent.isPresent() ? "," : ", ";
    String keyEnd = ": ";
    if (bound.some(2).isPresent()) {
      List<Value> separators = Values.list(evaluator, bound.get(2));
      if (separators.size() != 2) {
        throw new TemplateError("tojson() expects two separators, found " + separators.size());
      }
      itemEnd = Values.text("tojson", separators.get(0));
      keyEnd = Values.text("tojson", separators.get(1));
    }
    return Value.of(
        JsonText.write(
            evaluator,
            value,
            new JsonText.Style(bound.flag(0), indent, itemEnd, keyEnd, bound.flag(3))));
  }

  private static Value escape(Evaluator evaluator, Value value, Arguments arguments) {
    arguments.bind("escape");
    return value instanceof Value.Text text && text.safe()
        ? value
        : forceEscape(evaluator, value, arguments);
  }

  private static Value forceEscape(Evaluator evaluator, Value value, Arguments arguments) {
    arguments.bind("forceescape");
    return new Value.Text(Operators.escape(PythonText.str(evaluator, value)), true);
  }

  private static Value urlEncode(Evaluator evaluator, Value value, Arguments arguments) {
    arguments.bind("urlencode");
    if (!(value instanceof Value.Text text)) {
      throw new TemplateError("urlencode() expects a text, found " + Values.typeName(value));
    }
    return Value.of(
        URLEncoder.encode(text.text(), StandardCharsets.UTF_8)
            .replace("+", "%20")
            .replace("%2F", "/")
            .replace("%7E", "~")
            .replace("*", "%2A"));
  }
}
