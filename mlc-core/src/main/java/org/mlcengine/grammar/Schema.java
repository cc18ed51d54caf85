package org.mlcengine.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The values that a reply may hold at one place: a JSON schema, or a part of what it allows. */
sealed interface Schema {
  /** No value at all. */
  Schema NOTHING = new Union(List.of());

  /** Any value. */
  record Any() implements Schema {}

  /** One of some values. */
  record Literals(List<JsonNode> values) implements Schema {}

  /** Strings of so many characters; {@link Integer#MAX_VALUE} is no limit. */
  record Text(int min, int max) implements Schema {}

  /** Strings that match an expression as a whole. */
  record Matching(RegexNode pattern) implements Schema {}

  /** Numbers, by the bodies of a grammar's rules that derive them. */
  record Numbers(List<String> bodies, boolean whole) implements Schema {}

  /** A boolean. */
  record Bool() implements Schema {}

  /** Null. */
  record Nil() implements Schema {}

  /** Arrays: the first elements, then {@code rest}; so many of them. */
  record Items(List<Schema> first, @Nullable Schema rest, int min, int max) implements Schema {}

  /** Objects: properties in their order, then any others whose values are {@code rest}. */
  record Members(List<Property> properties, @Nullable Schema rest, int min, int max)
      implements Schema {}

  /** A declared property. */
  record Property(String name, Schema value, boolean required) {}

  /** What any of the options allows. */
  record Union(List<Schema> options) implements Schema {}

  /** What the schema at a pointer such as {@code #/$defs/node} allows. */
  record Ref(String pointer) implements Schema {}
}
