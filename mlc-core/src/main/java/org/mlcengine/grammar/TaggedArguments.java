package org.mlcengine.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.mlcengine.grammar.Schema.Literals;
import org.mlcengine.grammar.Schema.Matching;
import org.mlcengine.grammar.Schema.Members;
import org.mlcengine.grammar.Schema.Ref;
import org.mlcengine.grammar.Schema.Text;
import org.mlcengine.grammar.Schema.Union;

/**
 * Writes the structural tag of an object whose members stand in tags of their own, as Qwen3-Coder
 * writes arguments: each is {@code <parameter=NAME>}, a line's end, the value, a line's end and
 * {@code </parameter>}, and has a line's end before it. A string is its own text; other values are
 * JSON. Nothing escapes a text, so that none may have what ends it: texts whose length or pattern
 * is given have no {@code <} at all, and declared properties leave no room for others.
 */
final class TaggedArguments {
  /** What ends a text wherever it stands; the latter two where a line begins with them. */
  private static final List<String> ENDS =
      List.of("</parameter>", "\n<parameter=", "\n</function>");

  private static final Pattern NAME = Pattern.compile("[^<>\\n]{1,100}");
  private static final CodePointSet CHARACTERS = CodePointSet.ALL.minus(CodePointSet.of('<', '<'));
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final SchemaReader.Result schemas;
  private final Possible possible;

  private TaggedArguments(SchemaReader.Result schemas) {
    this.schemas = schemas;
    possible = new Possible(schemas.refs());
  }

  /** Returns the format of a schema of objects. */
  static ObjectNode write(SchemaReader.Result schemas) {
    return new TaggedArguments(schemas).arguments();
  }

  private ObjectNode arguments() {
    List<Schema> all = leaves(schemas.root());
    if (all.isEmpty()) {
      throw Refusal.of("the schema of values in tags allows no object: it contradicts itself");
    }
    if (all.contains(new Schema.Any())) {
      return others(new Schema.Any());
    }
    if (all.size() != 1 || !(all.getFirst() instanceof Members members)) {
      throw Refusal.of(
          "the schema of values in tags is one of objects: expected \"type\": \"object\"");
    }
    if (members.min() > 0 || members.max() != Integer.MAX_VALUE) {
      throw Refusal.of(
          "minProperties and maxProperties are not supported for values in tags: use required");
    }
    ArrayNode parts = NODES.arrayNode();
    for (Schema.Property property : members.properties()) {
      if (!NAME.matcher(property.name()).matches()) {
        throw Refusal.of(
            "the property \"%s\" cannot be the name of a tag: expected 1 to 100 characters, none of"
                + " them <, > or a line's end",
            property.name());
      }
      if (possible.allows(property.value())) {
        String begin = "\n<parameter=" + property.name() + ">";
        ObjectNode tag = tag(begin, value(property.value()));
        parts.add(property.required() ? tag : with("optional", "content", tag));
      }
    }
    if (members.rest() != null && members.properties().isEmpty()) {
      return others(members.rest());
    }
    return parts.isEmpty() ? constant("") : with("sequence", "elements", parts);
  }

  /** Any number of members of any names. */
  private ObjectNode others(Schema schema) {
    ArrayNode named = NODES.arrayNode().add(grammar("root ::= [^<>\\n]{1,100} \">\"\n"));
    ObjectNode content = with("sequence", "elements", named.add(value(schema)));
    return with("star", "content", tag("\n<parameter=", content));
  }

  private ObjectNode value(Schema schema) {
    List<Schema> json = new ArrayList<>();
    ArrayNode choices = NODES.arrayNode();
    for (Schema leaf : leaves(schema)) {
      switch (leaf) {
        case Schema.Any any -> {
          return anyText();
        }
        case Text(int min, int max) when max == Integer.MAX_VALUE -> {
          return min == 0 ? anyText() : longText(min);
        }
        case Text(int min, int max) ->
            choices.add(grammar("root ::= " + CHARACTERS.toEbnf() + "{" + min + "," + max + "}\n"));
        case Matching(RegexNode pattern) -> choices.add(expression(pattern));
        case Literals(List<JsonNode> values) -> values.forEach(v -> choices.add(literal(v)));
        default -> json.add(leaf);
      }
    }
    if (!json.isEmpty()) {
      Schema rest = json.size() == 1 ? json.getFirst() : new Union(json);
      choices.add(grammar(SchemaGrammar.write(new SchemaReader.Result(rest, schemas.refs()))));
    }
    ArrayNode lines = NODES.arrayNode().add(constant("\n"));
    lines.add(choices.size() == 1 ? choices.get(0) : with("or", "elements", choices));
    return with("sequence", "elements", lines.add(constant("\n")));
  }

  /** Returns the schemas of which a schema allows any, without unions and references. */
  private List<Schema> leaves(Schema schema) {
    List<Schema> leaves = new ArrayList<>();
    addLeaves(schema, leaves, new HashSet<>());
    return leaves;
  }

  private void addLeaves(Schema schema, List<Schema> leaves, Set<String> seen) {
    switch (schema) {
      case Union(List<Schema> options) -> options.forEach(o -> addLeaves(o, leaves, seen));
      case Ref(String pointer) -> {
        Schema named = schemas.refs().get(pointer);
        if (named != null && seen.add(pointer)) {
          addLeaves(named, leaves, seen);
        }
      }
      default -> {
        if (possible.allows(schema)) {
          leaves.add(schema);
        }
      }
    }
  }

  private static ObjectNode anyText() {
    ObjectNode text = NODES.objectNode().put("type", "any_text");
    ENDS.forEach(text.putArray("excludes")::add);
    return text;
  }

  /**
   * A text whose first characters are no {@code <}; the last of them is not left out at its end.
   */
  private static ObjectNode longText(int min) {
    CodePointSet last = CHARACTERS.minus(CodePointSet.of('\n', '\n'));
    String start = CHARACTERS.toEbnf() + "{" + (min - 1) + "," + (min - 1) + "} " + last.toEbnf();
    ArrayNode parts = NODES.arrayNode().add(constant("\n"));
    parts.add(grammar("root ::= " + start + "\n"));
    return with("sequence", "elements", parts.add(anyText()));
  }

  private static ObjectNode literal(JsonNode value) {
    String text = value.isTextual() ? value.textValue() : value.toString();
    if (ENDS.stream().anyMatch(("\n" + text)::contains)) {
      throw Refusal.of("the value %s cannot stand in a tag: it holds what ends one", value);
    }
    return text.isEmpty() ? constant("") : grammar("root ::= " + GrammarText.literal(text) + "\n");
  }

  private static ObjectNode expression(RegexNode node) {
    return grammar("root ::= " + RegexGrammar.plain(withoutTags(node)) + "\n");
  }

  private static RegexNode withoutTags(RegexNode node) {
    return switch (node) {
      case RegexNode.One(CodePointSet set) -> {
        CodePointSet left = set.intersect(CHARACTERS);
        if (left.isEmpty()) {
          throw Refusal.of("a pattern of values in tags cannot demand the character <");
        }
        yield new RegexNode.One(left);
      }
      case RegexNode.Row(List<RegexNode> parts) ->
          new RegexNode.Row(parts.stream().map(TaggedArguments::withoutTags).toList());
      case RegexNode.Branches(List<RegexNode> branches) ->
          new RegexNode.Branches(branches.stream().map(TaggedArguments::withoutTags).toList());
      case RegexNode.Repeated(RegexNode part, int min, int max) ->
          new RegexNode.Repeated(withoutTags(part), min, max);
      case RegexNode.Anchor anchor -> anchor;
    };
  }

  private static ObjectNode tag(String begin, ObjectNode content) {
    ObjectNode tag = NODES.objectNode().put("type", "tag").put("begin", begin);
    tag.set("content", content);
    return tag.put("end", "</parameter>");
  }

  private static ObjectNode with(String type, String field, JsonNode value) {
    ObjectNode format = NODES.objectNode().put("type", type);
    format.set(field, value);
    return format;
  }

  private static ObjectNode grammar(String text) {
    return NODES.objectNode().put("type", "grammar").put("grammar", text);
  }

  private static ObjectNode constant(String text) {
    return NODES.objectNode().put("type", "const_string").put("value", text);
  }
}
