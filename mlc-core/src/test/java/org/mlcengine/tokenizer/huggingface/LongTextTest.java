package org.mlcengine.tokenizer.huggingface;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.mlcengine.tokenizer.StreamDecoder;
import org.mlcengine.tokenizer.Tokenizer;

/** Text that takes forever, or the whole stack, if the work is quadratic or recursive. */
class LongTextTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String[] UNITS = {
    " ",
    "a",
    "A",
    "aB",
    "1a",
    "1",
    "\n",
    " \n",
    "🚀",
    "橋",
    "\u0301\u0323",
    "e\u0301",
    "<",
    "<|im_",
    "'",
    "-",
    "▁",
    "\uFB01",
    "the river runs "
  };
  private static final int LENGTH = 200_000;

  @TempDir Path folder;

  @TestFactory
  Stream<DynamicTest> everyKindReadsLongText() throws IOException {
    return MAPPER
        .readerFor(JsonNode.class)
        .<JsonNode>readValues(SmallTokenizer.resource("kinds-tokenizers.jsonl"))
        .readAll()
        .stream()
        .map(line -> DynamicTest.dynamicTest(line.get("name").asText(), () -> reads(line)));
  }

  private void reads(JsonNode line) throws IOException {
    Path file = folder.resolve("tokenizer.json");
    Files.write(file, MAPPER.writeValueAsBytes(line.get("tokenizer")));
    Tokenizer tokenizer = HuggingFaceReader.read(file);
    for (String unit : UNITS) {
      String text = unit.repeat(LENGTH / unit.length());
      int[] ids = tokenizer.encode(text + "x");
      assertThat(ids.length).isLessThan(4 * LENGTH);
      StreamDecoder decoder = tokenizer.streamDecoder();
      StringBuilder streamed = new StringBuilder();
      for (int id : ids) {
        streamed.append(decoder.append(id));
      }
      assertThat(streamed.append(decoder.finish()).toString().equals(tokenizer.decode(ids)))
          .as("pieces of '%s' join to the whole", unit)
          .isTrue();
    }
  }
}
