package org.mlcengine.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.errors.MLCException;
import org.mlcengine.errors.ModelLoadException;

class ChatTemplateTest {
  /** Made by {@code src/test/scripts/jinja_vectors.py}. */
  private static final JsonNode VECTORS = vectors();

  private static final Clock CLOCK =
      Clock.fixed(Instant.parse(VECTORS.path("now").asText()), ZoneOffset.UTC);

  private static JsonNode vectors() {
    try (InputStream in = ChatTemplateTest.class.getResourceAsStream("vectors.json")) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  static String render(String template) {
    return ChatTemplate.parse(template).render((ObjectNode) VECTORS.path("variables"), CLOCK);
  }

  @Test
  void rendersAsJinja2Does() {
    List<String> different = new ArrayList<>();
    for (Map.Entry<String, JsonNode> vector : VECTORS.path("texts").properties()) {
      String expected = vector.getValue().textValue();
      String found;
      try {
        found = render(vector.getKey());
      } catch (MLCException e) {
        found = expected == null ? null : e.getMessage();
      }
      if (expected == null ? found != null : !expected.equals(found)) {
        different.add(vector.getKey() + "\n expected " + expected + "\n found    " + found);
      }
    }
    assertThat(different).isEmpty();
    assertThat(VECTORS.path("texts").size()).isGreaterThan(900);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'a\n\n{% if x %}\n'|line 3|expected a block elif or else or endif",
        "'{{ a\n + }}'|line 2|expected an expression, found '}}'",
        "'\n{% frob %}'|line 2|unknown block 'frob'",
        "'{% include \"a\" %}'|line 1|'include' is not supported",
        "'a\n{{ x | frob }}'|line 2|no filter is named 'frob'",
        "'a\n{# b'|line 2|no end '#}'",
        "'{{ \"a\n }}'|line 1|the string has no end",
        "'{% for x in y recursive %}'|line 1|recursive loops are not supported",
      })
  void aSyntaxErrorHasItsLine(String template, String line, String problem) {
    assertThatThrownBy(() -> ChatTemplate.parse(template))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining(line)
        .hasMessageContaining(problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'a\n{{ x.y }}'|line 2|'x' is undefined",
        "'\n\n{% if 1 + \"a\" %}{% endif %}'|line 3|'+' cannot be used between int and str",
        "'{{ d.nest.z.q }}'|line 1|'dict object' has no attribute 'z'",
        "'{% set d.x = 1 %}'|line 1|not a namespace",
        "'{{ l.append(1) }}'|line 1|may not change values",
        "'{% macro f(x) %}{% endmacro %}\n{{ f(1, 2) }}'|line 2|at most 1 arguments, found 2",
      })
  void anErrorInRenderingHasItsLine(String template, String line, String problem) {
    assertThatThrownBy(() -> render(template))
        .isInstanceOfSatisfying(
            InvalidRequestException.class, e -> assertThat(e.parameter()).isEqualTo("messages"))
        .hasMessageContaining(line)
        .hasMessageContaining(problem);
  }

  @Test
  void aTemplateCanRefuseMessages() {
    assertThatThrownBy(() -> render("{{ raise_exception('Only user roles, found ' ~ a) }}"))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("refuses them: Only user roles, found 7");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% for x in range(100000) %}{% for y in range(100000) %}{% endfor %}{% endfor %}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% macro f(x) %}{% if x %}{% for y in x %}{{ f(x) }}{% endfor %}{% endif %}{% endmacro %}"
            + "{{ f([1]) }}",
        "{% set ns = namespace(s='ab') %}{% for x in range(99) %}{% set ns.s = ns.s ~ ns.s %}"
            + "{% endfor %}",
        "{% set ns = namespace(s='ab') %}{% for x in range(99) %}"
            + "{% set ns.s = ns.s | replace('a', ns.s) %}{% endfor %}",
        "{{ 'x' * 2000000000 }}",
        "{{ 'x' | center(2000000000) }}",
        "{{ 'x'.ljust(2000000000) }}",
        "{{ 'a\nb' | indent(2000000000) }}",
        "{{ '%2000000000d' % 1 }}",
        "{{ '{:99999999}'.format(1) }}",
        "{{ [1] * 2000000000 }}",
        "{{ [[1] * 1000000] * 1000000 }}",
        "{{ 9 ** 999999999 }}",
        "{{ (9 ** 9999) * (9 ** 9999) * (9 ** 9999) }}",
        "{% set ns = namespace(l=[]) %}{% for x in range(99999) %}{% set ns.l = [ns.l] %}"
            + "{% endfor %}{{ ns.l }}",
        "{% set ns = namespace(l=[1]) %}{% for x in range(60) %}{% set ns.l = [ns.l, ns.l] %}"
            + "{% endfor %}{{ ns.l == ns.l }}{{ ns.l }}",
        "{% set ns = namespace(g=l) %}{% for x in range(99999) %}"
            + "{% set ns.g = ns.g | map('string') %}{% endfor %}{{ ns.g | list }}",
        "{% set x = 'a' * 9000000 %}{{ (x ~ 'b') in (x ~ x[:9] ~ 'c') }}{{ x.count('a' * 999999) }}",
        "{{ range(100000) | batch(1) | list | tojson(indent=99999) }}",
        "{% set ns = namespace(l=[1]) %}{% for x in range(18) %}{% set ns.l = [ns.l, ns.l] %}"
            + "{% endfor %}{% for x in range(99999) %}{{ ns.l == ns.l[:] }}{% endfor %}",
        "{% set ns = namespace(l=(1, 2)) %}{% for x in range(18) %}{% set ns.l = (ns.l, ns.l) %}"
            + "{% endfor %}{% for x in range(99999) %}{{ {ns.l: 1} | length }}{% endfor %}",
        "{% for x in range(9999) %}{{ 'x' * 99999 }}{% endfor %}",
      })
  void aHostileTemplateIsStopped(String template) throws InterruptedException {
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread thread =
        new Thread(
            null,
            () -> {
              try {
                render(template);
              } catch (Throwable e) {
                thrown.set(e);
              }
            },
            "small stack",
            512 << 10);
    thread.start();
    thread.join();
    assertThat(thrown.get()).isInstanceOf(InvalidRequestException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"(", "[", "{1:", "not ", "-", "f(", "x[", "1 if 1 else ", "x|f("})
  void aDeeplyNestedTemplateIsRefused(String part) throws InterruptedException {
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread thread =
        new Thread(
            null,
            () -> {
              try {
                ChatTemplate.parse("{{ " + part.repeat(50_000));
              } catch (Throwable e) {
                thrown.set(e);
              }
            },
            "small stack",
            512 << 10);
    thread.start();
    thread.join();
    assertThat(thrown.get()).isInstanceOf(ModelLoadException.class);
  }

  @Test
  void aLongChainIsRefusedWithoutOverflow() {
    String chain = "{{ 1" + " + 1".repeat(50_000) + " }}";
    assertThatThrownBy(() -> render(chain)).isInstanceOf(InvalidRequestException.class);
    assertThat(render("{{ 1" + " + 1".repeat(300) + " }}")).isEqualTo("301");
    assertThatThrownBy(() -> render("{% if t %}".repeat(5000)))
        .isInstanceOf(ModelLoadException.class);
    assertThatThrownBy(() -> ChatTemplate.parse(" ".repeat((1 << 20) + 1)))
        .isInstanceOf(ModelLoadException.class);
  }

  @Test
  void deepVariablesAreRefused() {
    ObjectNode variables = JsonNodeFactory.instance.objectNode();
    ObjectNode inner = variables;
    for (int i = 0; i < 5000; i++) {
      inner = inner.putObject("x");
    }
    assertThatThrownBy(() -> ChatTemplate.parse("{{ x }}").render(variables, CLOCK))
        .isInstanceOf(InvalidRequestException.class);
  }

  @Test
  void aLongPromptIsWithinTheLimits() {
    ObjectNode variables = JsonNodeFactory.instance.objectNode();
    var messages = variables.putArray("messages");
    String text = "word ".repeat(1000);
    for (int i = 0; i < 2000; i++) {
      messages.addObject().put("role", i % 2 == 0 ? "user" : "assistant").put("content", text);
    }
    String template =
        "{% for m in messages %}{% if loop.index0 == messages | length - 1 %}END{% endif %}"
            + "{% if messages[:loop.index0] | length != loop.index0 %}x{% endif %}"
            + "{% if '</think>' in m.content or messages[loop.index0] != m %}x{% endif %}"
            + "<{{ m.role }}>{{ m.content.split('</think>')[-1] | trim }}{{ '\n' }}{% endfor %}";
    assertThat(ChatTemplate.parse(template).render(variables, CLOCK))
        .startsWith("<user>word word")
        .endsWith("word\n")
        .hasSize(3 + 1000 * ("<user>".length() + "<assistant>".length() + 2 * text.length()));
  }
}
