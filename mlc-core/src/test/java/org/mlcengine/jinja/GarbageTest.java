package org.mlcengine.jinja;

import static org.assertj.core.api.Assertions.assertThatCode;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.mlcengine.errors.MLCException;

/** Random templates: whatever they are, nothing but a text or the typed exceptions comes back. */
class GarbageTest {
  private static final List<String> PIECES =
      List.of(
          "{{",
          "}}",
          "{%",
          "%}",
          "{#",
          "#}",
          "{%-",
          "-%}",
          "{{-",
          "-}}",
          "{%+",
          "\n",
          " ",
          " ",
          " ",
          "if ",
          "elif ",
          "else",
          "endif",
          "for ",
          "in ",
          "endfor",
          "set ",
          "endset",
          "macro f(x=1)",
          "endmacro",
          "call f()",
          "endcall",
          "filter ",
          "endfilter",
          "with ",
          "endwith",
          "raw",
          "endraw",
          "break",
          "continue",
          "generation",
          "endgeneration",
          "x",
          "y",
          "messages",
          "loop",
          "loop.last",
          "loop.nextitem",
          "ns",
          "namespace(a=1)",
          "range(5)",
          "f(1)",
          "caller()",
          "varargs",
          "a",
          "1",
          "0",
          "-1",
          "2.5",
          "'s'",
          "\"t\"",
          "'%s'",
          "'{}'",
          "none",
          "true",
          "[",
          "]",
          "(",
          ")",
          "{",
          "}",
          ":",
          ",",
          ".",
          "|",
          "~",
          "+",
          "-",
          "*",
          "/",
          "//",
          "%",
          "**",
          "==",
          "!=",
          "<",
          ">=",
          "=",
          "and ",
          "or ",
          "not ",
          "is ",
          "defined",
          "string",
          "mapping",
          "odd",
          "divisibleby 2",
          "upper",
          "length",
          "list",
          "map",
          "map('upper')",
          "selectattr('role')",
          "join(',')",
          "tojson",
          "tojson(indent=2)",
          "default('d')",
          "first",
          "last",
          "sort",
          "dictsort",
          "items",
          "items()",
          "get('role')",
          "split(',')",
          "[0]",
          "[-1]",
          "[1:]",
          "[::-1]",
          ".role",
          ".content",
          ".strip()",
          ".append(1)",
          "batch(2)",
          "groupby('role')",
          "round(2)",
          "int",
          "float",
          "format(1)",
          "indent(2)",
          "replace('a', 'b')",
          "\\",
          "\0",
          "\ud800",
          "\ud83d\ude00",
          "é");

  private static final List<String> STATEMENTS =
      List.of(
          "{% for x in E %}B{% endfor %}",
          "{% for x in E if E %}B{% else %}B{% endfor %}",
          "{% if E %}B{% elif E %}B{% else %}B{% endif %}",
          "{% set x = E %}B",
          "{% set ns = namespace(a=E) %}{% set ns.a = E %}B",
          "{% set x %}B{% endset %}B",
          "{% macro f(x=E) %}B{% endmacro %}{{ f(E) }}B",
          "{% call f(E) %}B{% endcall %}B",
          "{% filter upper %}B{% endfilter %}B",
          "{{ E }}B",
          "text",
          "");

  private static final List<String> EXPRESSIONS =
      List.of(
          "E + E",
          "E ~ E",
          "E * E",
          "E % E",
          "E // E",
          "E / E",
          "E ** E",
          "E == E",
          "E < E",
          "E in E",
          "not E",
          "-E",
          "(E)",
          "[E, E]",
          "{E: E}",
          "(E, E)",
          "E[E]",
          "E[E:E]",
          "E[::E]",
          "E.role",
          "E.items()",
          "E | list",
          "E | map('string') | list",
          "E | tojson",
          "E | join(E)",
          "E | sort",
          "E | first",
          "E | length",
          "E | default(E)",
          "E | string",
          "E | select('in', E) | list",
          "E | groupby(E)",
          "E | batch(E) | list",
          "E | round(E)",
          "E | int(E)",
          "E | float",
          "E | indent(E)",
          "E | replace(E, E)",
          "E | format(E)",
          "E.format(E)",
          "E.split(E)",
          "E.join(E)",
          "E.replace(E, E)",
          "E.center(E)",
          "E.find(E)",
          "E is divisibleby(E)",
          "E is in(E)",
          "E if E else E",
          "E and E",
          "E or E",
          "range(E)",
          "f(E)",
          "x",
          "messages",
          "ns",
          "ns.a",
          "loop",
          "loop.index",
          "1",
          "-3",
          "2.5",
          "'a%sb'",
          "'{:>3}'",
          "none",
          "true",
          "''",
          "[]",
          "{}",
          "99999999999999999999");

  private static ObjectNode variables() {
    try {
      return (ObjectNode)
          new ObjectMapper()
              .readTree("{\"messages\": [{\"role\": \"user\", \"content\": \"a,b\"}], \"y\": 3}");
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void check(String template, long seed) {
    assertThatCode(
            () -> {
              try {
                ChatTemplate.parse(template).render(variables(), Clock.systemUTC());
              } catch (MLCException expected) {
                // Any template but a right one ends here.
              }
            })
        .as("seed %d, template %s", seed, template)
        .doesNotThrowAnyException();
  }

  @Test
  void piecesInAnyOrder() {
    for (long seed = 0; seed < 4000; seed++) {
      Random random = new Random(seed);
      StringBuilder template = new StringBuilder();
      for (int i = random.nextInt(40); i > 0; i--) {
        template.append(PIECES.get(random.nextInt(PIECES.size())));
      }
      check(template.toString(), seed);
    }
  }

  @Test
  void templatesOfTheGrammar() {
    for (long seed = 0; seed < 4000; seed++) {
      Random random = new Random(seed);
      check(body(random, 4), seed);
    }
  }

  private static String body(Random random, int depth) {
    String statement = depth == 0 ? "" : STATEMENTS.get(random.nextInt(STATEMENTS.size()));
    StringBuilder out = new StringBuilder();
    for (char c : statement.toCharArray()) {
      switch (c) {
        case 'B' -> out.append(body(random, depth - 1));
        case 'E' -> out.append(expression(random, 3));
        default -> out.append(c);
      }
    }
    return out.toString();
  }

  private static String expression(Random random, int depth) {
    int leaves = EXPRESSIONS.size() - EXPRESSIONS.indexOf("x");
    int first = depth == 0 ? EXPRESSIONS.size() - leaves : 0;
    String form = EXPRESSIONS.get(first + random.nextInt(EXPRESSIONS.size() - first));
    StringBuilder out = new StringBuilder();
    for (char c : form.toCharArray()) {
      if (c == 'E') {
        out.append(expression(random, depth - 1));
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }
}
