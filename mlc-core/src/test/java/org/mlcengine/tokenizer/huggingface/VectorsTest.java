package org.mlcengine.tokenizer.huggingface;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.mlcengine.TestModel;
import org.mlcengine.tokenizer.StreamDecoder;
import org.mlcengine.tokenizer.Tokenizer;
import org.mlcengine.tokenizer.files.Tokenizers;

/** Compares with the Hugging Face library; {@code tokenizer_vectors.py} wrote what it says. */
class VectorsTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TempDir Path folder;

  @TestFactory
  Stream<DynamicTest> everyVariantOfTheSmallTokenizerAgrees() throws IOException {
    JsonNode base = MAPPER.readTree(SmallTokenizer.resource("small-tokenizer.json"));
    return tests("small-vectors.jsonl", Map.of("", base));
  }

  @TestFactory
  Stream<DynamicTest> everyVariantOfEveryOtherKindAgrees() throws IOException {
    return tests("kinds-vectors.jsonl", kinds());
  }

  @TestFactory
  Stream<DynamicTest> everyWayToSplitAgrees() throws IOException {
    return tests("splits-vectors.jsonl", kinds());
  }

  @Test
  void theTokenizerOfTheDefaultModelAgrees() throws IOException {
    JsonNode vectors = lines("smollm2-vectors.jsonl").get(0);
    agrees(Tokenizers.load(TestModel.folder()), vectors);
  }

  private static Map<String, JsonNode> kinds() throws IOException {
    Map<String, JsonNode> bases = new HashMap<>();
    for (JsonNode line : lines("kinds-tokenizers.jsonl")) {
      bases.put(line.get("name").asText(), line.get("tokenizer"));
    }
    return bases;
  }

  private Stream<DynamicTest> tests(String vectors, Map<String, JsonNode> bases)
      throws IOException {
    return lines(vectors).stream()
        .map(
            line ->
                DynamicTest.dynamicTest(
                    line.get("name").asText(),
                    () ->
                        agrees(
                            Objects.requireNonNull(bases.get(line.path("base").asText(""))),
                            line)));
  }

  private void agrees(JsonNode base, JsonNode vectors) throws IOException {
    ObjectNode tokenizer = base.deepCopy();
    ObjectNode patch = vectors.get("patch").deepCopy();
    JsonNode model = patch.remove("model");
    tokenizer.setAll(patch);
    if (model != null) {
      ((ObjectNode) tokenizer.get("model")).setAll((ObjectNode) model);
    }
    Path file = folder.resolve("tokenizer.json");
    Files.write(file, MAPPER.writeValueAsBytes(tokenizer));
    agrees(Tokenizers.load(folder), vectors);
  }

  private static void agrees(Tokenizer tokenizer, JsonNode vectors) {
    List<String> differences = new ArrayList<>();
    assertThat(vectors.get("encode")).hasSizeGreaterThan(7);
    assertThat(vectors.get("decode")).hasSizeGreaterThan(3);
    for (JsonNode vector : vectors.get("encode")) {
      compareIds(vector, tokenizer.encode(vector.get(0).asText()), "encode", differences);
    }
    for (JsonNode vector : vectors.path("around")) {
      int[] ids = tokenizer.encodeWithSpecialTokens(vector.get(0).asText());
      compareIds(vector, ids, "encodeWithSpecialTokens", differences);
    }
    for (JsonNode vector : vectors.get("decode")) {
      compareText(vector, tokenizer.decode(ids(vector.get(0))), "decode", differences);
      compareText(vector, stream(tokenizer, ids(vector.get(0))), "stream", differences);
    }
    for (JsonNode vector : vectors.path("bare")) {
      String text = tokenizer.decodeWithoutSpecialTokens(ids(vector.get(0)));
      compareText(vector, text, "decodeWithoutSpecialTokens", differences);
    }
    assertThat(differences).isEmpty();
  }

  private static void compareIds(
      JsonNode vector, int[] ids, String method, List<String> differences) {
    if (!Arrays.equals(ids, ids(vector.get(1)))) {
      differences.add(method + " gave " + Arrays.toString(ids) + " for " + vector);
    }
  }

  private static void compareText(
      JsonNode vector, String text, String method, List<String> differences) {
    if (!text.equals(vector.get(1).asText())) {
      differences.add(method + " gave '" + text + "' for " + vector);
    }
  }

  private static String stream(Tokenizer tokenizer, int[] ids) {
    StreamDecoder decoder = tokenizer.streamDecoder();
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(decoder.append(id));
    }
    return text + decoder.finish();
  }

  private static int[] ids(JsonNode ids) {
    return MAPPER.convertValue(ids, int[].class);
  }

  private static List<JsonNode> lines(String name) throws IOException {
    return MAPPER
        .readerFor(JsonNode.class)
        .<JsonNode>readValues(SmallTokenizer.resource(name))
        .readAll();
  }
}
