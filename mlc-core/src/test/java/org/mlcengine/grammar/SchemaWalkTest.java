package org.mlcengine.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.mlcengine.grammar.GrammarSpec.AnyJson;

/** Every complete reply under a schema parses, and an independent validator accepts it. */
class SchemaWalkTest {
  private static final GrammarCompiler COMPILER = Walker.compiler();
  private static final JsonSchemaFactory VALIDATORS =
      JsonSchemaFactory.getInstance(VersionFlag.V202012);
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final int SCHEMAS = 130;

  @AfterAll
  static void close() {
    COMPILER.close();
  }

  @ParameterizedTest
  @FieldSource("org.mlcengine.grammar.WrittenSchemas#ALL")
  void repliesUnderWrittenSchemasValidate(String schema) {
    for (boolean strict : new boolean[] {true, false}) {
      walk(schema, strict, schema.hashCode(), 2);
    }
  }

  @Test
  void repliesUnderRandomSchemasValidate() {
    long first = Walker.seed();
    for (long seed = first; seed < first + SCHEMAS; seed++) {
      walk(RandomSchema.make(new Random(seed)).toString(), (seed & 1) == 0, seed, 1);
    }
  }

  @Test
  void anyJsonIsAnObject() throws JsonProcessingException {
    long seed = Walker.seed();
    Random random = new Random(seed);
    try (CompiledGrammar grammar = COMPILER.compile(new AnyJson())) {
      for (int i = 0; i < 10; i++) {
        String reply = Walker.reply(grammar, random);
        assertThat(MAPPER.readTree(reply).isObject()).as("seed %d: %s", seed, reply).isTrue();
      }
    }
  }

  private static void walk(String schema, boolean strict, long seed, int replies) {
    Random random = new Random(seed);
    try (CompiledGrammar grammar = COMPILER.compile(new GrammarSpec.JsonSchema(schema, strict))) {
      JsonSchema validator = VALIDATORS.getSchema(MAPPER.readTree(schema));
      for (int i = 0; i < replies; i++) {
        String reply = Walker.reply(grammar, random);
        JsonNode value = MAPPER.readTree(reply);
        assertThat(
                validator.validate(
                    value, c -> c.getExecutionConfig().setFormatAssertionsEnabled(true)))
            .as("seed %d, strict %s, schema %s, reply %s", seed, strict, schema, reply)
            .isEmpty();
      }
    } catch (JsonProcessingException | RuntimeException e) {
      throw new AssertionError("seed %d, schema %s".formatted(seed, schema), e);
    }
  }
}
