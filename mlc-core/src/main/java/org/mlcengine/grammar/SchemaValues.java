package org.mlcengine.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mlcengine.grammar.NumberGrammar.Bound;

/** Reads what a JSON schema says of strings, numbers and counts. */
final class SchemaValues {
  /** How far a bound may be from zero, and how many decimals it may have, to be kept to exactly. */
  private static final BigDecimal MAX_NUMBER = BigDecimal.TEN.pow(15);

  private static final int MAX_DECIMALS = 10;
  private static final BigInteger MAX_INTEGER =
      BigInteger.TEN.pow(NumberGrammar.MAX_DIGITS).subtract(BigInteger.ONE);

  /** So many multiples in a range are listed. */
  private static final int MAX_MULTIPLES = 1_000;

  private static final int MAX_LENGTH = 10_000;

  private SchemaValues() {}

  static Schema text(JsonNode node, String path) {
    int min = count(node, "minLength", 0, MAX_LENGTH, path);
    int max = count(node, "maxLength", Integer.MAX_VALUE, MAX_LENGTH, path);
    boolean bounded = node.has("minLength") || node.has("maxLength");
    if (!node.has("pattern") && !node.has("format")) {
      return new Schema.Text(min, max);
    }
    String used = node.has("pattern") ? "pattern" : "format";
    if (bounded || (node.has("pattern") && node.has("format"))) {
      String other =
          node.has("minLength") ? "minLength" : node.has("maxLength") ? "maxLength" : "format";
      throw Refusal.of(
          "the schema's keyword \"%s\" at %s is not supported beside \"%s\": say both in the"
              + " pattern.",
          other, path, used);
    }
    JsonNode value = node.path(used);
    if (!value.isTextual()) {
      throw SchemaReader.malformed(path, used + " is a string");
    }
    if (used.equals("format")) {
      return new Schema.Matching(StringFormats.pattern(value.textValue(), path));
    }
    return new Schema.Matching(
        RegexReader.read("the schema's pattern at " + path, value.textValue()));
  }

  static Schema number(JsonNode node, String path, boolean whole) {
    Bound min = bound(node, "minimum", "exclusiveMinimum", 1, path);
    Bound max = bound(node, "maximum", "exclusiveMaximum", -1, path);
    if (node.has("multipleOf")) {
      return new Schema.Numbers(multiples(node, path, min, max, whole), true);
    }
    if (min == null && max == null) {
      return new Schema.Numbers(
          List.of(whole ? NumberGrammar.integer() : NumberGrammar.number()), whole);
    }
    if (whole) {
      return new Schema.Numbers(NumberGrammar.integers(first(min), last(max)), true);
    }
    Bound low = min == null ? new Bound(MAX_NUMBER.negate(), false) : min;
    Bound high = max == null ? new Bound(MAX_NUMBER, false) : max;
    return new Schema.Numbers(NumberGrammar.decimals(low, high), false);
  }

  private static List<String> multiples(
      JsonNode node, String path, @Nullable Bound min, @Nullable Bound max, boolean whole) {
    JsonNode value = node.path("multipleOf");
    BigDecimal step = value.isNumber() ? value.decimalValue() : BigDecimal.ZERO;
    if (step.signum() <= 0) {
      throw SchemaReader.malformed(path, "multipleOf is a number above zero");
    }
    if (step.compareTo(BigDecimal.ONE) == 0 && whole) {
      return min == null && max == null
          ? List.of(NumberGrammar.integer())
          : NumberGrammar.integers(first(min), last(max));
    }
    BigInteger by = step.stripTrailingZeros().scale() <= 0 ? step.toBigInteger() : BigInteger.ZERO;
    if (by.signum() == 0 || min == null || max == null) {
      throw Refusal.of(
          "the schema's keyword \"multipleOf\" at %s is supported for whole steps between a minimum"
              + " and a maximum: add them, or list the values in enum.",
          path);
    }
    BigInteger next = first(min).subtract(BigInteger.ONE).divide(by).multiply(by);
    List<String> bodies = new ArrayList<>();
    for (; next.compareTo(last(max)) <= 0; next = next.add(by)) {
      if (next.compareTo(first(min)) >= 0) {
        bodies.add(GrammarText.literal(next.toString()));
      }
      if (bodies.size() > MAX_MULTIPLES) {
        throw Refusal.of(
            "multipleOf at %s leaves more than %d values: narrow its range.", path, MAX_MULTIPLES);
      }
    }
    return bodies;
  }

  private static BigInteger first(@Nullable Bound min) {
    if (min == null) {
      return MAX_INTEGER.negate();
    }
    BigInteger first = min.value().setScale(0, RoundingMode.CEILING).toBigInteger();
    boolean excluded = min.exclusive() && min.value().compareTo(new BigDecimal(first)) == 0;
    return excluded ? first.add(BigInteger.ONE) : first;
  }

  private static BigInteger last(@Nullable Bound max) {
    if (max == null) {
      return MAX_INTEGER;
    }
    BigInteger last = max.value().setScale(0, RoundingMode.FLOOR).toBigInteger();
    boolean excluded = max.exclusive() && max.value().compareTo(new BigDecimal(last)) == 0;
    return excluded ? last.subtract(BigInteger.ONE) : last;
  }

  /** The tighter of two bounds of one side. */
  private static @Nullable Bound bound(
      JsonNode node, String inclusive, String exclusive, int sign, String path) {
    BigDecimal in = number(node, inclusive, path);
    BigDecimal ex = number(node, exclusive, path);
    if (in == null || (ex != null && ex.compareTo(in) * sign >= 0)) {
      return ex == null ? null : new Bound(ex, true);
    }
    return new Bound(in, false);
  }

  private static @Nullable BigDecimal number(JsonNode node, String keyword, String path) {
    if (!node.has(keyword)) {
      return null;
    }
    JsonNode value = node.path(keyword);
    if (!value.isNumber()) {
      throw SchemaReader.malformed(path, keyword + " is a number");
    }
    BigDecimal number = value.decimalValue();
    // The scale comes first: writing out 1e1000000000 would take a gigabyte.
    if (Math.abs((long) number.scale()) > 400
        || number.abs().compareTo(MAX_NUMBER) > 0
        || number.stripTrailingZeros().scale() > MAX_DECIMALS) {
      throw Refusal.of(
          "%s at %s is %s; expected at most %s from zero, with at most %d decimals",
          keyword, path, value, MAX_NUMBER.toPlainString(), MAX_DECIMALS);
    }
    return number.signum() == 0 ? BigDecimal.ZERO : number;
  }

  /** A count, of which values from {@code limit} on are refused. */
  static int count(JsonNode node, String keyword, int missing, int limit, String path) {
    if (!node.has(keyword)) {
      return missing;
    }
    JsonNode value = node.path(keyword);
    boolean whole = value.isNumber() && JsonType.of(value) == JsonType.INTEGER;
    if (!whole || value.decimalValue().signum() < 0) {
      throw SchemaReader.malformed(path, keyword + " is a whole number that is not negative");
    }
    if (value.decimalValue().compareTo(BigDecimal.valueOf(limit)) > 0) {
      throw Refusal.of("%s at %s is %s; expected at most %d", keyword, path, value, limit);
    }
    return value.intValue();
  }
}
