package org.mlcengine.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.mlcengine.grammar.Schema.Any;
import org.mlcengine.grammar.Schema.Bool;
import org.mlcengine.grammar.Schema.Items;
import org.mlcengine.grammar.Schema.Literals;
import org.mlcengine.grammar.Schema.Matching;
import org.mlcengine.grammar.Schema.Members;
import org.mlcengine.grammar.Schema.Nil;
import org.mlcengine.grammar.Schema.Numbers;
import org.mlcengine.grammar.Schema.Ref;
import org.mlcengine.grammar.Schema.Text;
import org.mlcengine.grammar.Schema.Union;

/**
 * Writes the grammar of the JSON texts of a schema's values. White space is none, one space, or a
 * line's end and its indentation, behind brackets, commas and colons only: unlimited white space
 * would let a model write nothing else.
 */
final class SchemaGrammar {
  private final GrammarText grammar;
  private final SchemaReader.Result schemas;
  private final Possible possible;
  private final Map<String, String> refRules = new HashMap<>();
  private final Deque<String> unwritten = new ArrayDeque<>();
  private final JsonRules json;

  private SchemaGrammar(SchemaReader.Result schemas, GrammarText grammar) {
    this.grammar = grammar;
    this.schemas = schemas;
    json = new JsonRules(grammar);
    possible = new Possible(schemas.refs());
  }

  /** Returns the grammar's text, with the rule {@code root}. */
  static String write(SchemaReader.Result schemas) {
    GrammarText grammar = new GrammarText();
    SchemaGrammar writer = new SchemaGrammar(schemas, grammar);
    if (!writer.possible.allows(schemas.root())) {
      throw Refusal.of(
          "the schema allows no value: it contradicts itself, or refers to itself without an end");
    }
    String root = grammar.rule(writer.value(schemas.root()));
    while (!writer.unwritten.isEmpty()) {
      String pointer = writer.unwritten.pop();
      Schema schema = Objects.requireNonNull(schemas.refs().get(pointer));
      grammar.define(Objects.requireNonNull(writer.refRules.get(pointer)), writer.value(schema));
    }
    return grammar.toString(root);
  }

  /** The body that derives a schema's values; the schema allows some. */
  private String value(Schema schema) {
    return switch (schema) {
      case Any any -> json.any();
      case Bool bool -> "(\"true\" | \"false\")";
      case Nil nil -> "\"null\"";
      case Numbers numbers -> grammar.rule(GrammarText.choice(numbers.bodies()));
      case Text text -> json.text(text.min(), text.max());
      case Matching matching -> grammar.rule(RegexGrammar.jsonString(matching.pattern()));
      case Literals literals -> literals(literals);
      case Ref ref -> reference(ref.pointer());
      case Union union ->
          grammar.rule(
              GrammarText.choice(
                  union.options().stream().filter(possible::allows).map(this::value).toList()));
      case Items items -> grammar.rule(items(items));
      case Members members ->
          new MembersGrammar(members, grammar, json, possible, this::value).write();
    };
  }

  private String reference(String pointer) {
    if (possible.leadsBack(pointer)) {
      throw Refusal.of("the schema's $ref \"%s\" leads back to itself", pointer);
    }
    return refRules.computeIfAbsent(
        pointer,
        p -> {
          unwritten.push(p);
          return grammar.reserve();
        });
  }

  private String literals(Literals literals) {
    List<String> bodies =
        literals.values().stream().map(JsonNode::toString).map(GrammarText::literal).toList();
    return bodies.size() == 1 ? bodies.getFirst() : grammar.rule(GrammarText.choice(bodies));
  }

  private String items(Items items) {
    List<String> first = new ArrayList<>();
    int most = possible.mostItems(items);
    for (int i = 0; i < Math.min(items.first().size(), most); i++) {
      first.add(value(items.first().get(i)));
    }
    String open = "\"[\" " + json.space() + " ";
    String comma = " \",\" " + json.space() + " ";
    String close = " " + json.space() + " \"]\"";
    int left = most == Integer.MAX_VALUE ? most : most - first.size();
    int needed = Math.max(0, items.min() - first.size());
    if (!first.isEmpty()) {
      String all = open + String.join(comma, first);
      return left == 0
          ? all + close
          : all + " " + GrammarText.repeat(comma + rest(items), needed, left) + close;
    }
    String empty = "\"[\" " + json.space() + " \"]\"";
    if (left == 0) {
      return empty;
    }
    String element = grammar.rule(rest(items));
    int more = left == Integer.MAX_VALUE ? left : left - 1;
    String some =
        open
            + element
            + " "
            + GrammarText.repeat(comma + element, Math.max(0, needed - 1), more)
            + close;
    return needed == 0 ? some + " | " + empty : some;
  }

  private String rest(Items items) {
    return value(Objects.requireNonNull(items.rest()));
  }
}
