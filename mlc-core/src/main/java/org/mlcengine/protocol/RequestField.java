package org.mlcengine.protocol;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.mlcengine.errors.InvalidRequestException;

/**
 * A field of a JSON object in a request: how it is read, and what the documentation says of it. The
 * reader knows no field without such an entry.
 *
 * @param <B> what takes the value
 * @param name the name in JSON
 * @param accepted the type and the range of values that are honoured; empty for a refused field
 * @param otherwise what holds without the field
 * @param refused JSON text of a value that is refused; empty for a field that is fully honoured
 * @param reader reads the value, if it is there
 */
record RequestField<B>(
    String name, String accepted, String otherwise, String refused, BiConsumer<Fields, B> reader) {

  /** A field whose every value within the range is honoured. */
  static <B> RequestField<B> honoured(
      String name, String accepted, String otherwise, BiConsumer<Fields, B> reader) {
    return new RequestField<>(name, accepted, otherwise, "", reader);
  }

  /** A field that is honoured, with parts or types that are refused for a reason of their own. */
  static <B> RequestField<B> honoured(
      String name,
      String accepted,
      String otherwise,
      String refused,
      BiConsumer<Fields, B> reader) {
    return new RequestField<>(name, accepted, otherwise, refused, reader);
  }

  /** A field that no value can be given to, except null. */
  static <B> RequestField<B> refused(String name, String example, String reason) {
    return refused(name, example, ": " + reason, "leave it out");
  }

  private static <B> RequestField<B> refused(
      String name, String example, String reason, String remedy) {
    return new RequestField<>(
        name,
        "",
        "",
        example,
        (fields, builder) -> {
          if (fields.value(name).isPresent()) {
            throw new InvalidRequestException(
                fields.path(name), "this field is not supported" + reason + "; " + remedy);
          }
        });
  }

  /** A field that no value can be given to, since another one says the same. */
  static <B> RequestField<B> replaced(String name, String example, String by) {
    return refused(name, example, "", "use " + by);
  }

  /** A field that only states what holds anyway: some values are right, others are refused. */
  static <B> RequestField<B> fixed(
      String name, String accepted, Predicate<JsonNode> holds, String example, String reason) {
    return new RequestField<>(
        name,
        accepted,
        "",
        example,
        (fields, builder) ->
            fields
                .value(name)
                .filter(value -> !holds.test(value))
                .ifPresent(
                    value -> {
                      throw new InvalidRequestException(
                          fields.path(name),
                          "expected %s, found %s: %s; leave it out"
                              .formatted(accepted, Fields.shown(value), reason));
                    }));
  }

  boolean isRefused() {
    return accepted.isEmpty();
  }

  /** Returns the fields by name, in their order. */
  @SafeVarargs
  static <B> Map<String, RequestField<B>> table(List<RequestField<B>>... groups) {
    Map<String, RequestField<B>> table = new LinkedHashMap<>();
    for (List<RequestField<B>> group : groups) {
      for (RequestField<B> field : group) {
        if (table.put(field.name(), field) != null) {
          throw new IllegalStateException("Two entries for " + field.name());
        }
      }
    }
    return table;
  }
}
