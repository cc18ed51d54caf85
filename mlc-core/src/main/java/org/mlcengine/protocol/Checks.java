package org.mlcengine.protocol;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.InvalidRequestException;

/** Ranges of request parameters. A missing value passes. */
final class Checks {
  private static final double MAX_BIAS = 100;
  private static final int MAX_TOP_LOGPROBS = 20;
  private static final int MAX_NAME = 64;
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]{1," + MAX_NAME + "}");

  private Checks() {}

  static @Nullable Double inRange(String name, @Nullable Double value, double min, double max) {
    if (value != null && !(Double.isFinite(value) && value >= min && value <= max)) {
      String range =
          max == Double.POSITIVE_INFINITY
              ? "a finite number of at least " + min
              : "a number from " + min + " to " + max;
      throw new InvalidRequestException(name, "expected " + range + ", found " + value);
    }
    return value;
  }

  static @Nullable Double positive(String name, @Nullable Double value) {
    if (value != null && !(Double.isFinite(value) && value > 0)) {
      throw new InvalidRequestException(
          name, "expected a finite number above 0 (1 changes nothing), found " + value);
    }
    return value;
  }

  static @Nullable Integer atLeastOne(String name, @Nullable Integer value) {
    return value == null ? null : (Integer) atLeastOne(name, value.intValue());
  }

  static int atLeastOne(String name, int value) {
    if (value < 1) {
      throw new InvalidRequestException(name, "expected at least 1, found " + value);
    }
    return value;
  }

  static List<String> notEmpty(String name, List<String> values) {
    if (values.contains("")) {
      throw new InvalidRequestException(
          name, "expected strings of at least one character, found an empty one in " + values);
    }
    return values;
  }

  static Map<Integer, Double> bias(Map<Integer, Double> bias) {
    bias.forEach(
        (id, value) -> {
          if (id < 0) {
            throw new InvalidRequestException(
                "logit_bias", "expected token ids of at least 0, found " + id);
          }
          inRange("logit_bias." + id, value, -MAX_BIAS, MAX_BIAS);
        });
    return bias;
  }

  static @Nullable Integer inRange(String name, @Nullable Integer value, int min, int max) {
    return value == null ? null : (Integer) inRange(name, value.intValue(), min, max);
  }

  static int inRange(String name, int value, int min, int max) {
    if (value < min || value > max) {
      throw new InvalidRequestException(
          name, "expected an integer from %d to %d, found %d".formatted(min, max, value));
    }
    return value;
  }

  static @Nullable Duration positive(String name, @Nullable Duration value) {
    if (value != null && !value.isPositive()) {
      throw new InvalidRequestException(
          name, "expected a time above 0, found " + value.toMillis() + " ms");
    }
    return value;
  }

  /** Returns the number of likeliest tokens, where 0 means all. */
  static @Nullable Integer topK(@Nullable Integer value) {
    if (value != null && value < -1) {
      throw new InvalidRequestException(
          "top_k", "expected at least 1, or 0 or -1 for all tokens, found " + value);
    }
    return value == null ? null : (Integer) Math.max(0, value);
  }

  static @Nullable Integer topLogprobs(@Nullable Integer value, boolean logprobs) {
    inRange("top_logprobs", value, 0, MAX_TOP_LOGPROBS);
    if (value != null && value > 0 && !logprobs) {
      throw new InvalidRequestException(
          "top_logprobs", "expected 0 without logprobs, found " + value + "; set logprobs to true");
    }
    return value;
  }

  static void format(Optional<ResponseFormat> format) {
    if (format.orElse(null) instanceof ResponseFormat.JsonSchema schema) {
      name("response_format.json_schema.name", schema.name());
    }
  }

  static void name(String path, String name) {
    if (!NAME.matcher(name).matches()) {
      String shown = name.length() > MAX_NAME ? name.substring(0, MAX_NAME) + "..." : name;
      throw new InvalidRequestException(
          path,
          "expected 1 to %d letters, digits, underscores and hyphens, found \"%s\""
              .formatted(MAX_NAME, shown));
    }
  }
}
