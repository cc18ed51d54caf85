package org.mlcengine.tokenizer.huggingface;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.mlcengine.TestModel;
import org.mlcengine.tokenizer.Tokenizer;
import org.mlcengine.tokenizer.files.Tokenizers;

/** Compares with the Hugging Face library; {@code tokenizer_vectors.py} wrote what it says. */
class VectorsTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TempDir Path folder;

  @TestFactory
  Stream<DynamicTest> everyVariantOfTheSmallTokenizerAgrees() throws IOException {
    return lines("small-vectors.jsonl").stream()
        .map(line -> DynamicTest.dynamicTest(line.get("name").asText(), () -> agrees(line)));
  }

  @Test
  void theTokenizerOfTheDefaultModelAgrees() throws IOException {
    JsonNode vectors = lines("smollm2-vectors.jsonl").get(0);
    agrees(Tokenizers.load(TestModel.folder()), vectors);
  }

  private void agrees(JsonNode vectors) throws IOException {
    ObjectNode tokenizer = (ObjectNode) MAPPER.readTree(resource("small-tokenizer.json"));
    ObjectNode patch = vectors.get("patch").deepCopy();
    JsonNode model = patch.remove("model");
    tokenizer.setAll(patch);
    if (model != null) {
      ((ObjectNode) tokenizer.get("model")).setAll((ObjectNode) model);
    }
    Path file = folder.resolve("tokenizer.json");
    MAPPER.writeValue(file.toFile(), tokenizer);
    agrees(Tokenizers.load(folder), vectors);
  }

  private static void agrees(Tokenizer tokenizer, JsonNode vectors) {
    List<String> differences = new ArrayList<>();
    assertThat(vectors.get("encode")).hasSizeGreaterThan(30);
    for (JsonNode vector : vectors.get("encode")) {
      int[] ids = tokenizer.encode(vector.get(0).asText());
      if (!Arrays.equals(ids, ids(vector.get(1)))) {
        differences.add("encode gave " + Arrays.toString(ids) + " for " + vector);
      }
    }
    assertThat(vectors.get("decode")).hasSizeGreaterThan(20);
    for (JsonNode vector : vectors.get("decode")) {
      String text = tokenizer.decode(ids(vector.get(0)));
      if (!text.equals(vector.get(1).asText())) {
        differences.add("decode gave '" + text + "' for " + vector);
      }
    }
    assertThat(differences).isEmpty();
  }

  private static int[] ids(JsonNode ids) {
    return MAPPER.convertValue(ids, int[].class);
  }

  private static List<JsonNode> lines(String name) throws IOException {
    return MAPPER.readerFor(JsonNode.class).<JsonNode>readValues(resource(name)).readAll();
  }

  private static String resource(String name) throws IOException {
    return SmallTokenizer.resource(name);
  }
}
