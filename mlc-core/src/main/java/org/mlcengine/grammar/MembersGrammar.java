package org.mlcengine.grammar;

import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.mlcengine.grammar.Schema.Members;
import org.mlcengine.grammar.Schema.Property;

/**
 * Writes the grammar of an object: its properties in their order, then others under names that are
 * not theirs. Names of others are spelled without escapes, so that none is a declared one in
 * another spelling.
 */
final class MembersGrammar {
  private static final int MAX_PROPERTIES = 1_000;
  private static final int MAX_COUNTED = 40;

  /** Shorter bodies are written out rather than named. */
  private static final int SHORT = 60;

  private final List<Property> properties;
  private final @Nullable Schema rest;
  private final int min;
  private final int max;
  private final GrammarText grammar;
  private final JsonRules json;
  private final Function<Schema, String> values;
  private final Map<Long, String> tails = new HashMap<>();
  private @Nullable String other;

  MembersGrammar(
      Members members,
      GrammarText grammar,
      JsonRules json,
      Possible possible,
      Function<Schema, String> values) {
    properties = members.properties().stream().filter(p -> possible.allows(p.value())).toList();
    rest = members.rest() != null && possible.allows(members.rest()) ? members.rest() : null;
    long required = properties.stream().filter(Property::required).count();
    min = members.min() <= required ? 0 : members.min();
    max = rest == null && members.max() >= properties.size() ? Integer.MAX_VALUE : members.max();
    this.grammar = grammar;
    this.json = json;
    this.values = values;
    check();
  }

  private void check() {
    if (properties.size() > MAX_PROPERTIES) {
      throw Refusal.of("the schema declares more than %d properties at once", MAX_PROPERTIES);
    }
    if (rest != null && min > 1) {
      throw Refusal.of(
          "the schema's minProperties is %d for an object whose names are not declared, which could"
              + " be one name again and again: declare the properties, or set"
              + " additionalProperties to false.",
          min);
    }
    boolean counted = min > 1 || max != Integer.MAX_VALUE;
    if (counted && properties.size() > MAX_COUNTED) {
      throw Refusal.of(
          "minProperties and maxProperties are supported for objects of at most %d properties",
          MAX_COUNTED);
    }
  }

  /** Returns the name of the object's rule. */
  String write() {
    List<String> bodies = new ArrayList<>();
    boolean mayBeEmpty = min == 0 && properties.stream().noneMatch(Property::required);
    String some = max == 0 ? null : first(0);
    if (some != null) {
      bodies.add("\"{\" " + json.space() + " " + some + " " + json.space() + " \"}\"");
    }
    if (mayBeEmpty) {
      bodies.add("\"{\" " + json.space() + " \"}\"");
    }
    if (bodies.isEmpty()) {
      throw Refusal.of("the schema's minProperties and maxProperties allow no object");
    }
    return grammar.rule(String.join(" | ", bodies));
  }

  /** Members from property {@code i} on, at least one, with none before them. */
  private @Nullable String first(int from) {
    List<String> bodies = new ArrayList<>();
    for (int i = from; i < properties.size(); i++) {
      String tail = tail(i + 1, 1);
      if (tail != null) {
        bodies.add(property(i) + " " + tail);
      }
      if (properties.get(i).required()) {
        return bodies.isEmpty() ? null : GrammarText.choice(bodies);
      }
    }
    if (rest != null) {
      String more = max == Integer.MAX_VALUE ? "*" : "{0," + (max - 1) + "}";
      bodies.add(max == 1 ? other() : other() + " (" + comma() + other() + ")" + more);
    }
    return bodies.isEmpty() ? null : GrammarText.choice(bodies);
  }

  /**
   * What may follow {@code count} members from property {@code i} on.
   *
   * @return null if nothing can make the object complete
   */
  private @Nullable String tail(int i, int count) {
    int counted = max == Integer.MAX_VALUE ? Math.min(count, Math.max(1, min)) : count;
    if (i == properties.size()) {
      return end(counted);
    }
    long key = (long) i << 32 | counted;
    String known = tails.get(key);
    if (known != null) {
      return known.isEmpty() ? null : known;
    }
    String body = tailBody(i, counted);
    tails.put(key, body == null ? "" : body);
    return body;
  }

  private @Nullable String tailBody(int i, int count) {
    List<String> bodies = new ArrayList<>();
    String with = count >= max ? null : tail(i + 1, count + 1);
    if (with != null) {
      bodies.add(comma() + property(i) + " " + with);
    }
    String without = properties.get(i).required() ? null : tail(i + 1, count);
    if (without != null) {
      bodies.add(without);
    }
    if (bodies.isEmpty()) {
      return null;
    }
    String body = GrammarText.choice(bodies);
    return body.length() < SHORT ? body : grammar.rule(body);
  }

  private @Nullable String end(int count) {
    if (count < min) {
      return null;
    }
    if (rest == null || count >= max) {
      return "\"\"";
    }
    return "("
        + comma()
        + other()
        + ")"
        + (max == Integer.MAX_VALUE ? "*" : "{0," + (max - count) + "}");
  }

  private String comma() {
    return "\",\" " + json.space() + " ";
  }

  private String property(int i) {
    Property property = properties.get(i);
    String name = GrammarText.literal(TextNode.valueOf(property.name()).toString());
    return grammar.rule(name + " \":\" " + json.space() + " " + values.apply(property.value()));
  }

  private String other() {
    if (other == null) {
      Schema schema = rest == null ? Schema.NOTHING : rest;
      String name = "\"\\\"\" " + otherName() + " \"\\\"\"";
      other = grammar.rule(name + " \":\" " + json.space() + " " + values.apply(schema));
    }
    return other;
  }

  /** Any name but those of the properties. */
  private String otherName() {
    Trie root = new Trie();
    for (Property property : properties) {
      Trie at = root;
      for (int c : property.name().codePoints().toArray()) {
        at = at.next.computeIfAbsent(c, next -> new Trie());
      }
      at.ends = true;
    }
    return properties.isEmpty() ? CodePointSet.JSON.toEbnf() + "*" : notIn(root);
  }

  private String notIn(Trie trie) {
    List<String> bodies = new ArrayList<>();
    CodePointSet others = CodePointSet.JSON;
    for (Map.Entry<Integer, Trie> next : trie.next.entrySet()) {
      int c = next.getKey();
      CodePointSet one = CodePointSet.of(c, c);
      others = others.minus(one);
      if (CodePointSet.JSON.contains(c)) {
        bodies.add(one.toEbnf() + " " + notIn(next.getValue()));
      }
    }
    bodies.add(others.toEbnf() + " " + CodePointSet.JSON.toEbnf() + "*");
    if (!trie.ends) {
      bodies.add("\"\"");
    }
    return grammar.rule(GrammarText.choice(bodies));
  }

  /** Names by their characters. */
  private static final class Trie {
    final Map<Integer, Trie> next = new TreeMap<>();
    boolean ends;
  }
}
