package org.mlcengine.jinja;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.function.UnaryOperator;

/** Python's methods of {@code str}. */
final class TextMethods {
  private interface Method {
    Value call(Evaluator evaluator, String self, Arguments arguments);
  }

  private static final Map<String, Method> METHODS = methods();

  private TextMethods() {}

  static Optional<Value> bind(Value.Text self, String name) {
    return Optional.ofNullable(METHODS.get(name))
        .map(
            method ->
                new Value.Function(
                    name,
                    (evaluator, arguments) -> {
                      evaluator.budget().chargeText(self.text().length());
                      return method.call(evaluator, self.text(), arguments);
                    }));
  }

  private static Map<String, Method> methods() {
    Map<String, Method> methods = new HashMap<>();
    addCases(methods);
    addParts(methods);
    addSearches(methods);
    addQuestions(methods);
    methods.put("strip", (e, s, a) -> strip("strip", s, a, true, true));
    methods.put("lstrip", (e, s, a) -> strip("lstrip", s, a, true, false));
    methods.put("rstrip", (e, s, a) -> strip("rstrip", s, a, false, true));
    methods.put("center", (e, s, a) -> pad("center", s, a));
    methods.put("ljust", (e, s, a) -> pad("ljust", s, a));
    methods.put("rjust", (e, s, a) -> pad("rjust", s, a));
    methods.put("zfill", (e, s, a) -> zeroFill(s, a.bind("zfill", "width").integer(0)));
    methods.put("format", (e, s, a) -> Value.of(BraceFormat.format(e, s, a)));
    methods.put("join", TextMethods::join);
    methods.put("replace", TextMethods::replace);
    methods.put("removeprefix", TextMethods::removePrefix);
    methods.put("removesuffix", TextMethods::removeSuffix);
    return Map.copyOf(methods);
  }

  private static void addCases(Map<String, Method> methods) {
    Map<String, UnaryOperator<String>> cases =
        Map.of(
            "lower", Characters::lower,
            "casefold", s -> Characters.lower(Characters.upper(s)),
            "upper", Characters::upper,
            "title", Characters::title,
            "capitalize", Characters::capitalize,
            "swapcase", TextMethods::swapCase);
    cases.forEach(
        (name, change) ->
            methods.put(
                name,
                (e, s, a) -> {
                  a.bind(name);
                  return Value.of(change.apply(s));
                }));
  }

  private static String swapCase(String text) {
    StringBuilder out = new StringBuilder();
    text.codePoints()
        .mapToObj(Character::toString)
        .forEach(
            c ->
                out.append(
                    Character.isUpperCase(c.codePointAt(0))
                        ? Characters.lower(c)
                        : Characters.upper(c)));
    return out.toString();
  }

  private static Value strip(
      String name, String self, Arguments arguments, boolean left, boolean right) {
    return Value.of(
        arguments
            .bind(name, "chars")
            .some(0)
            .map(chars -> Characters.strip(self, Values.text(name, chars), left, right))
            .orElseGet(() -> Characters.strip(self, left, right)));
  }

  private static Value pad(String name, String self, Arguments arguments) {
    Arguments.Bound bound = arguments.bind(name, "width", "fillchar");
    String fill = bound.text(1, " ");
    if (Characters.length(fill) != 1) {
      throw new TemplateError(name + "() expects one character to fill with");
    }
    int width = Budget.checkText(bound.integer(0));
    int missing = Math.max(0, width - Characters.length(self));
    int left =
        switch (name) {
          case "ljust" -> 0;
          case "rjust" -> missing;
          default -> missing / 2 + (missing & width & 1);
        };
    return Value.of(fill.repeat(left) + self + fill.repeat(missing - left));
  }

  private static Value zeroFill(String self, int width) {
    int missing = Budget.checkText(width) - Characters.length(self);
    if (missing <= 0) {
      return Value.of(self);
    }
    boolean signed = self.startsWith("-") || self.startsWith("+");
    return Value.of(
        (signed ? self.substring(0, 1) : "")
            + "0".repeat(missing)
            + (signed ? self.substring(1) : self));
  }

  private static Value join(Evaluator evaluator, String self, Arguments arguments) {
    List<Value> values = Values.list(evaluator, arguments.bind("join", "iterable").get(0));
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < values.size(); i++) {
      String text = Values.text("join", values.get(i));
      Budget.checkText((long) out.length() + self.length() + text.length());
      out.append(i > 0 ? self : "").append(text);
    }
    return Value.of(out.toString());
  }

  private static Value replace(Evaluator evaluator, String self, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("replace", "old", "new", "count");
    evaluator.budget().chargeSearch(self, bound.text(0));
    return Value.of(Characters.replace(self, bound.text(0), bound.text(1), bound.integer(2, -1)));
  }

  private static Value removePrefix(Evaluator evaluator, String self, Arguments arguments) {
    String prefix = arguments.bind("removeprefix", "prefix").text(0);
    return Value.of(self.startsWith(prefix) ? self.substring(prefix.length()) : self);
  }

  private static Value removeSuffix(Evaluator evaluator, String self, Arguments arguments) {
    String suffix = arguments.bind("removesuffix", "suffix").text(0);
    return Value.of(
        self.endsWith(suffix) ? self.substring(0, self.length() - suffix.length()) : self);
  }

  private static void addParts(Map<String, Method> methods) {
    methods.put("split", (e, s, a) -> split("split", e, s, a));
    methods.put("rsplit", (e, s, a) -> split("rsplit", e, s, a));
    methods.put("partition", (e, s, a) -> partition("partition", e, s, a));
    methods.put("rpartition", (e, s, a) -> partition("rpartition", e, s, a));
    methods.put(
        "splitlines",
        (e, s, a) -> {
          boolean keep = a.bind("splitlines", "keepends").flag(0);
          return Value.list(new ArrayList<>(texts(Characters.lines(s, keep))));
        });
  }

  private static List<Value> texts(List<String> texts) {
    return texts.stream().<Value>map(Value::of).toList();
  }

  private static Value split(String name, Evaluator evaluator, String self, Arguments arguments) {
    Arguments.Bound bound = arguments.bind(name, "sep", "maxsplit");
    int limit = bound.integer(1, -1);
    boolean fromLeft = name.equals("split");
    if (bound.some(0).isEmpty()) {
      return Value.list(
          fromLeft ? Characters.words(self, limit) : Characters.wordsRight(self, limit));
    }
    String separator = requireSeparator(name, bound.text(0));
    evaluator.budget().chargeSearch(self, separator);
    return Value.list(
        fromLeft
            ? Characters.split(self, separator, limit)
            : Characters.splitRight(self, separator, limit));
  }

  private static String requireSeparator(String name, String separator) {
    if (separator.isEmpty()) {
      throw new TemplateError(name + "() expects a separator that is not empty");
    }
    return separator;
  }

  private static Value partition(
      String name, Evaluator evaluator, String self, Arguments arguments) {
    String separator = requireSeparator(name, arguments.bind(name, "sep").text(0));
    evaluator.budget().chargeSearch(self, separator);
    boolean fromLeft = name.equals("partition");
    int at = fromLeft ? self.indexOf(separator) : self.lastIndexOf(separator);
    if (at < 0) {
      return fromLeft
          ? Value.tuple(Value.of(self), Value.EMPTY, Value.EMPTY)
          : Value.tuple(Value.EMPTY, Value.EMPTY, Value.of(self));
    }
    return Value.tuple(
        Value.of(self.substring(0, at)),
        Value.of(separator),
        Value.of(self.substring(at + separator.length())));
  }

  private static void addSearches(Map<String, Method> methods) {
    methods.put("startswith", (e, s, a) -> affix("startswith", e, s, a));
    methods.put("endswith", (e, s, a) -> affix("endswith", e, s, a));
    methods.put("find", (e, s, a) -> find("find", e, s, a));
    methods.put("rfind", (e, s, a) -> find("rfind", e, s, a));
    methods.put("index", (e, s, a) -> requireFound(find("index", e, s, a)));
    methods.put("rindex", (e, s, a) -> requireFound(find("rindex", e, s, a)));
    methods.put("count", TextMethods::count);
  }

  /** A part of a text, of which a method takes only that. */
  private record Part(String text, int start, boolean valid) {
    static Part of(String self, Arguments.Bound bound) {
      int length = Characters.length(self);
      int start = clamp(bound.some(1).map(Numbers::index).orElse(0), length);
      int end = clamp(bound.some(2).map(Numbers::index).orElse(length), length);
      boolean valid = start <= end && bound.some(1).map(Numbers::index).orElse(0) <= length;
      int from = Characters.offset(self, Math.min(start, end));
      return new Part(self.substring(from, Characters.offset(self, end)), start, valid);
    }

    private static int clamp(int index, int length) {
      return Math.clamp(index < 0 ? (long) index + length : index, 0, length);
    }
  }

  private static Value affix(String name, Evaluator evaluator, String self, Arguments arguments) {
    Arguments.Bound bound = arguments.bind(name, "affix", "start", "end");
    Part part = Part.of(self, bound);
    List<Value> affixes =
        bound.get(0) instanceof Value.Items items && items.tuple()
            ? items.values()
            : List.of(bound.get(0));
    for (Value affix : affixes) {
      evaluator.budget().charge(1);
      String text = Values.text(name, affix);
      boolean found =
          name.equals("startswith") ? part.text().startsWith(text) : part.text().endsWith(text);
      if (found && part.valid()) {
        return Value.TRUE;
      }
    }
    return Value.FALSE;
  }

  private static Value find(String name, Evaluator evaluator, String self, Arguments arguments) {
    Arguments.Bound bound = arguments.bind(name, "sub", "start", "end");
    String sought = bound.text(0);
    evaluator.budget().chargeSearch(self, sought);
    Part part = Part.of(self, bound);
    int at = name.startsWith("r") ? part.text().lastIndexOf(sought) : part.text().indexOf(sought);
    if (at < 0 || !part.valid()) {
      return Value.of(-1);
    }
    return Value.of(part.start() + part.text().codePointCount(0, at));
  }

  private static Value requireFound(Value index) {
    if (Numbers.index(index) < 0) {
      throw new TemplateError("substring not found");
    }
    return index;
  }

  private static Value count(Evaluator evaluator, String self, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("count", "sub", "start", "end");
    String sought = bound.text(0);
    evaluator.budget().chargeSearch(self, sought);
    Part part = Part.of(self, bound);
    if (!part.valid()) {
      return Value.of(0);
    }
    return Value.of(
        sought.isEmpty()
            ? Characters.length(part.text()) + 1
            : Characters.split(part.text(), sought, -1).size() - 1);
  }

  private static void addQuestions(Map<String, Method> methods) {
    Map<String, IntPredicate> questions =
        Map.of(
            "isalpha", Character::isLetter,
            "isalnum", c -> Character.isLetterOrDigit(c) || isNumeric(c),
            "isdigit", Character::isDigit,
            "isdecimal", Character::isDigit,
            "isnumeric", TextMethods::isNumeric,
            "isspace", Characters::isSpace);
    questions.forEach(
        (name, question) ->
            methods.put(
                name,
                (e, s, a) -> {
                  a.bind(name);
                  return Value.of(!s.isEmpty() && s.codePoints().allMatch(question));
                }));
    methods.put("isascii", (e, s, a) -> Value.of(s.chars().allMatch(c -> c < 0x80)));
    methods.put(
        "isprintable", (e, s, a) -> Value.of(s.codePoints().allMatch(Characters::isPrintable)));
    methods.put("islower", (e, s, a) -> Value.of(isLower(s)));
    methods.put("isupper", (e, s, a) -> Value.of(isUpper(s)));
    methods.put(
        "istitle",
        (e, s, a) ->
            Value.of(
                s.codePoints().anyMatch(Characters::isCased) && Characters.title(s).equals(s)));
    methods.put("isidentifier", (e, s, a) -> Value.of(isIdentifier(s)));
  }

  private static boolean isNumeric(int c) {
    int type = Character.getType(c);
    return Character.isDigit(c)
        || type == Character.LETTER_NUMBER
        || type == Character.OTHER_NUMBER;
  }

  private static boolean isIdentifier(String text) {
    if (text.isEmpty()) {
      return false;
    }
    int first = text.codePointAt(0);
    return (first == '_' || Character.isUnicodeIdentifierStart(first))
        && text.codePoints().allMatch(Character::isUnicodeIdentifierPart);
  }

  static boolean isLower(String text) {
    return text.codePoints().anyMatch(Character::isLowerCase)
        && text.codePoints().noneMatch(c -> Character.isUpperCase(c) || Character.isTitleCase(c));
  }

  static boolean isUpper(String text) {
    return text.codePoints().anyMatch(Character::isUpperCase)
        && text.codePoints().noneMatch(c -> Character.isLowerCase(c) || Character.isTitleCase(c));
  }
}
