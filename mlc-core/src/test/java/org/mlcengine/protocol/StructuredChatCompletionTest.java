package org.mlcengine.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mlcengine.errors.IncompleteReplyException;
import org.mlcengine.errors.InvalidReplyException;
import org.mlcengine.errors.InvalidRequestException;

class StructuredChatCompletionTest {
  enum Colour {
    RED,
    @JsonProperty("dark blue")
    BLUE
  }

  @JsonClassDescription("a place")
  record Place(String name, double latitude) {}

  record Person(
      @JsonProperty("full_name") @JsonPropertyDescription("first and last") String name,
      int age,
      Long height,
      boolean alive,
      BigDecimal money,
      Colour colour,
      List<Place> places,
      Set<String> tags,
      float[] scores,
      Map<String, Integer> counts,
      Optional<Place> home,
      @Nullable String nick,
      List<@Nullable String> aliases,
      LocalDate born,
      Instant seen,
      OptionalInt shoe) {}

  record Node(String value, List<Node> children, @Nullable Node next) {}

  record Numbers(byte b, short s, float f, double d, BigInteger i, UUID id) {}

  record Positive(int value) {
    Positive {
      if (value <= 0) {
        throw new IllegalArgumentException("not above 0");
      }
    }
  }

  record Endless(Endless next) {}

  record Left(@Nullable Right right) {}

  record Right(Left left) {}

  record WithObject(List<Object> items) {}

  record WithTime(Map<String, LocalTime> times) {}

  record WithKeys(Map<Integer, String> names) {}

  record WithRaw(@SuppressWarnings("rawtypes") List list) {}

  record Generic<T>(T value) {}

  record WithGeneric(Generic<String> generic) {}

  sealed interface Shape permits Square {}

  record Square(int side) implements Shape {}

  record WithSealed(Shape shape) {}

  record Ignoring(@JsonIgnore String value) {}

  record Twice(@JsonProperty("b") String a, String b) {}

  enum Empty {}

  record WithEmpty(Empty empty) {}

  private static String schema(Class<?> type) {
    return ((ResponseFormat.JsonSchema) params(type).rawParams().responseFormat().orElseThrow())
        .schema()
        .orElseThrow();
  }

  private static <T> StructuredChatCompletionCreateParams<T> params(Class<T> type) {
    return ChatCompletionCreateParams.builder()
        .addUserMessage("x")
        .seed(1)
        .responseFormat(type)
        .temperature(0)
        .build();
  }

  private static <T> Optional<T> read(Class<T> type, String text, FinishReason reason) {
    ChatCompletion reply =
        new ChatCompletion(
            "id",
            1,
            "m",
            List.of(new ChatCompletion.Choice(0, ChatMessage.assistant(text), reason)),
            Optional.of(new Usage(1, 2)));
    return params(type).structure(reply).choices().getFirst().message().content();
  }

  private static <T> T read(Class<T> type, String text) {
    return read(type, text.replace('\'', '"'), FinishReason.STOP).orElseThrow();
  }

  @Test
  void aRequestHasTheSchemaAndAllItsOtherValues() {
    StructuredChatCompletionCreateParams<Place> params = params(Place.class);
    assertThat(params.responseType()).isEqualTo(Place.class);
    assertThat(params.rawParams().seed()).hasValue(1);
    assertThat(params.rawParams().temperature()).hasValue(0);
    assertThat(params.rawParams().messages()).hasSize(1);
    assertThat(params.rawParams().responseFormat())
        .contains(
            new ResponseFormat.JsonSchema(
                "Place",
                Optional.of("a place"),
                Optional.of(
                    """
                    {"type":"object","description":"a place","properties":{"name":{"type":"string"},
                    "latitude":{"type":"number"}},"required":["name","latitude"],
                    "additionalProperties":false}"""),
                true));
    assertThat(params.toBuilder().n(2).build().rawParams().n()).isEqualTo(2);
    assertThat(
            ProtocolJson.read(
                    ProtocolJson.write(params.rawParams()), ChatCompletionCreateParams.class)
                .responseFormat())
        .isEqualTo(params.rawParams().responseFormat());
  }

  @Test
  void aSchemaHasEveryKindOfComponent() {
    assertThat(JsonTexts.tree(schema(Person.class)))
        .isEqualTo(
            JsonTexts.tree(
                """
                {"type":"object","properties":{
                 "full_name":{"type":"string","description":"first and last"},
                 "age":{"type":"integer"},
                 "height":{"type":"integer"},
                 "alive":{"type":"boolean"},
                 "money":{"type":"number"},
                 "colour":{"type":"string","enum":["RED","dark blue"]},
                 "places":{"type":"array","items":{"$ref":"#/$defs/Place"}},
                 "tags":{"type":"array","items":{"type":"string"}},
                 "scores":{"type":"array","items":{"type":"number"}},
                 "counts":{"type":"object","additionalProperties":{"type":"integer"}},
                 "home":{"anyOf":[{"$ref":"#/$defs/Place"},{"type":"null"}]},
                 "nick":{"anyOf":[{"type":"string"},{"type":"null"}]},
                 "aliases":{"type":"array","items":{"anyOf":[{"type":"string"},{"type":"null"}]}},
                 "born":{"type":"string","format":"date"},
                 "seen":{"type":"string","format":"date-time"},
                 "shoe":{"anyOf":[{"type":"integer"},{"type":"null"}]}},
                 "required":["full_name","age","height","alive","money","colour","places","tags",
                  "scores","counts","home","nick","aliases","born","seen","shoe"],
                 "additionalProperties":false,
                 "$defs":{"Place":{"type":"object","description":"a place","properties":{
                  "name":{"type":"string"},"latitude":{"type":"number"}},
                  "required":["name","latitude"],"additionalProperties":false}}}"""));
  }

  @Test
  void arecursiveSchemaRefersToItself() {
    assertThat(JsonTexts.tree(schema(Node.class)))
        .isEqualTo(
            JsonTexts.tree(
                """
                {"$ref":"#/$defs/Node","$defs":{"Node":{"type":"object","properties":{
                 "value":{"type":"string"},
                 "children":{"type":"array","items":{"$ref":"#/$defs/Node"}},
                 "next":{"anyOf":[{"$ref":"#/$defs/Node"},{"type":"null"}]}},
                 "required":["value","children","next"],"additionalProperties":false}}}"""));
    assertThat(schema(Left.class)).contains("\"$defs\":{\"Left\":", "\"Right\":{\"type\"");
  }

  @Test
  void aReplyBecomesTheRecord() {
    Person person =
        read(
            Person.class,
            """
            {'full_name':'A B','age':-3,'height':5000000000,'alive':true,
             'money':12345678901234567890.10,'colour':'dark blue',
             'places':[{'name':'x','latitude':1}],'tags':['a','a','b'],'scores':[1.5,2],
             'counts':{'k':1},'home':null,'nick':null,'aliases':['c',null],'born':'2000-02-29',
             'seen':'2000-12-31T23:59:59+01:00','shoe':42}""");
    assertThat(person)
        .usingRecursiveComparison()
        .isEqualTo(
            new Person(
                "A B",
                -3,
                5_000_000_000L,
                true,
                new BigDecimal("12345678901234567890.10"),
                Colour.BLUE,
                List.of(new Place("x", 1)),
                Set.of("a", "b"),
                new float[] {1.5f, 2},
                Map.of("k", 1),
                Optional.empty(),
                null,
                java.util.Arrays.asList("c", null),
                LocalDate.of(2000, 2, 29),
                Instant.parse("2000-12-31T22:59:59Z"),
                OptionalInt.of(42)));
    assertThat(
            read(
                Node.class,
                "{'value':'a','children':[{'value':'b','children':[],'next':null}],"
                    + "'next':{'value':'c','children':[],'next':null}}"))
        .isEqualTo(
            new Node("a", List.of(new Node("b", List.of(), null)), new Node("c", List.of(), null)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "b | {'b':128,'s':1,'f':1,'d':1,'i':1,'id':'00000000-0000-0000-0000-000000000000'}",
        "s | {'b':1,'s':40000,'f':1,'d':1,'i':1,'id':'00000000-0000-0000-0000-000000000000'}",
        "f | {'b':1,'s':1,'f':1e39,'d':1,'i':1,'id':'00000000-0000-0000-0000-000000000000'}",
        "d | {'b':1,'s':1,'f':1,'d':1e309,'i':1,'id':'00000000-0000-0000-0000-000000000000'}",
        "d | {'b':1,'s':1,'f':1,'d':'1','i':1,'id':'00000000-0000-0000-0000-000000000000'}",
        "i | {'b':1,'s':1,'f':1,'d':1,'i':1.5,'id':'00000000-0000-0000-0000-000000000000'}",
        "id | {'b':1,'s':1,'f':1,'d':1,'i':1,'id':'0-0-0-0-0'}",
        "id | {'b':1,'s':1,'f':1,'d':1,'i':1}",
        "id | {'b':1,'s':1,'f':1,'d':1,'i':1,'id':null}",
        "j | {'b':1,'s':1,'f':1,'d':1,'i':1,'id':'00000000-0000-0000-0000-000000000000','j':1}",
        "an object | [1]",
        "an object | null",
        "JSON | {'b':1}}",
        "Duplicate | {'b':1,'b':1}",
        "JSON | {'b':1e99999999999,",
      })
  void aValueOfAnotherTypeIsRefusedWithItsPath(String path, String text) {
    assertThatThrownBy(() -> read(Numbers.class, text))
        .isInstanceOf(InvalidReplyException.class)
        .hasMessageContaining(path);
  }

  @Test
  void innerValuesHaveTheirWholePath() {
    assertThatThrownBy(
            () ->
                read(
                    Node.class,
                    "{'value':'a','children':[{'value':1,'children':[],'next':null}],'next':null}"))
        .isInstanceOf(InvalidReplyException.class)
        .hasMessage("children[0].value: expected a string, found 1");
  }

  @Test
  void aRecordMayRefuseItsValues() {
    assertThat(read(Positive.class, "{'value':1}").value()).isEqualTo(1);
    assertThatThrownBy(() -> read(Positive.class, "{'value':0}"))
        .isInstanceOf(InvalidReplyException.class)
        .hasMessageContaining("not above 0")
        .hasCauseInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "{\"value\":", "{\"value\":1"})
  void aReplyThatWasCutIsIncomplete(String text) {
    assertThatThrownBy(() -> read(Positive.class, text, FinishReason.LENGTH))
        .isInstanceOf(IncompleteReplyException.class)
        .hasMessageContaining("max_tokens");
    assertThatThrownBy(() -> read(Positive.class, text, FinishReason.STOP))
        .isInstanceOf(InvalidReplyException.class);
    assertThat(read(Positive.class, "{\"value\":1}", FinishReason.LENGTH))
        .contains(new Positive(1));
  }

  @Test
  void aMessageThatOnlyCallsHasNoContent() {
    ChatMessage message =
        ChatMessage.assistant(Optional.empty(), List.of(ToolCall.of("1", "f", "{}")));
    ChatCompletion reply =
        new ChatCompletion(
            "id",
            1,
            "m",
            List.of(new ChatCompletion.Choice(0, message, FinishReason.TOOL_CALLS)),
            Optional.empty());
    StructuredChatCompletion<Positive> structured = params(Positive.class).structure(reply);
    assertThat(structured.choices().getFirst().message().content()).isEmpty();
    assertThat(structured.choices().getFirst().message().toolCalls()).hasSize(1);
    assertThat(structured.rawChatCompletion()).isSameAs(reply);
  }

  private static void assertRefused(Class<?> type, String path, String found) {
    assertThatThrownBy(() -> params(type))
        .isInstanceOfSatisfying(
            InvalidRequestException.class,
            e -> assertThat(e.parameter()).isEqualTo("response_format"))
        .hasMessageContaining(path + ": ")
        .hasMessageContaining(found);
  }

  @Test
  void typesWithoutASchemaAreRefusedWithTheirPath() {
    assertRefused(String.class, "String", "a record class");
    assertRefused(Colour.class, "Colour", "a record class");
    assertRefused(WithObject.class, "WithObject.items[]", "java.lang.Object");
    assertRefused(WithTime.class, "WithTime.times{}", "java.time.LocalTime");
    assertRefused(WithKeys.class, "WithKeys.names", "java.util.Map<java.lang.Integer");
    assertRefused(WithRaw.class, "WithRaw.list", "java.util.List");
    assertRefused(Generic.class, "Generic", "without type parameters");
    assertRefused(WithGeneric.class, "WithGeneric.generic", "Generic<java.lang.String>");
    assertRefused(WithSealed.class, "WithSealed.shape", "Shape");
    assertRefused(Ignoring.class, "Ignoring.value", "@JsonIgnore");
    assertRefused(Twice.class, "Twice.b", "\"b\" again");
    assertRefused(WithEmpty.class, "WithEmpty.empty", "an enum with constants");
    assertRefused(Endless.class, "Endless", "contain itself");
  }

  @Test
  void recordsOfOneNameHaveDefinitionsOfTheirOwn() {
    record Inner(String text) {}
    record Other(Inner a, Holder.Inner b) {}
    assertThat(schema(Other.class))
        .contains("{\"a\":{\"$ref\":\"#/$defs/Inner\"},\"b\":{\"$ref\":\"#/$defs/Inner2\"}}");
    assertThat(read(Other.class, "{'a':{'text':'x'},'b':{'number':1}}"))
        .isEqualTo(new Other(new Inner("x"), new Holder.Inner(1)));
  }

  private static final class Holder {
    record Inner(int number) {}
  }
}
