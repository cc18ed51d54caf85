package org.mlcengine.protocol;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.InvalidRequestException;

/** Ranges of request parameters. A missing value passes. */
final class Checks {
  private static final double MAX_BIAS = 100;

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

  static List<ChatMessage> conversation(List<ChatMessage> messages) {
    if (messages.isEmpty()) {
      throw new InvalidRequestException("messages", "expected at least one message, found none");
    }
    for (int i = 0; i < messages.size(); i++) {
      ChatMessage message = messages.get(i);
      if (message.content().isEmpty()) {
        throw new InvalidRequestException(
            "messages[" + i + "].content", "expected text, found nothing");
      }
      if (message.role() == Role.SYSTEM && i > 0) {
        throw new InvalidRequestException(
            "messages[" + i + "].role",
            "expected a system message only as the first message, found it after %d others"
                    .formatted(i)
                + "; put all instructions into one system message at the front");
      }
    }
    return messages;
  }
}
