package org.mlcengine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/**
 * The vectors that {@code tokenizer_file_vectors.py} wrote: what a reference says of a tokenizer.
 */
public final class TokenizerVectors {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final JsonNode line;

  private TokenizerVectors(JsonNode line) {
    this.line = line;
  }

  /** Reads the vectors of a package below this one. */
  public static List<TokenizerVectors> read(String kind) {
    try (InputStream in =
        Objects.requireNonNull(
            TokenizerVectors.class.getResourceAsStream(kind + "/vectors.jsonl"))) {
      return MAPPER.readerFor(JsonNode.class).<JsonNode>readValues(in).readAll().stream()
          .map(TokenizerVectors::new)
          .toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Returns the line of a name. */
  public static TokenizerVectors read(String kind, String name) {
    return read(kind).stream().filter(line -> line.name().equals(name)).findFirst().orElseThrow();
  }

  /** Returns what the tokenizer shows. */
  public String name() {
    return line.get("name").asText();
  }

  /** Returns the content of the tokenizer's file. */
  public byte[] content() {
    return Base64.getDecoder().decode(line.get("file").asText());
  }

  /** Writes the tokenizer's files into a folder, a single one under this name. */
  public void write(Path folder, String name) throws IOException {
    if (line.get("file").isTextual()) {
      Files.write(folder.resolve(name), content());
      return;
    }
    for (Iterator<Map.Entry<String, JsonNode>> files = line.get("file").fields();
        files.hasNext(); ) {
      Map.Entry<String, JsonNode> file = files.next();
      Files.write(
          folder.resolve(file.getKey()), Base64.getDecoder().decode(file.getValue().asText()));
    }
  }

  /** Fails unless the tokenizer does what the reference does, at once and in a stream. */
  public void check(Tokenizer tokenizer) {
    List<String> differences = new ArrayList<>();
    assertThat(line.get("encode")).hasSizeGreaterThan(15);
    for (JsonNode vector : line.get("encode")) {
      int[] ids = tokenizer.encode(vector.get(0).asText());
      if (!Arrays.equals(ids, ids(vector.get(1)))) {
        differences.add("encode gave " + Arrays.toString(ids) + " for " + vector);
      }
    }
    assertThat(line.get("decode")).hasSizeGreaterThan(20);
    for (JsonNode vector : line.get("decode")) {
      String text = tokenizer.decode(ids(vector.get(0)));
      if (!text.equals(vector.get(1).asText())) {
        differences.add("decode gave '" + text + "' for " + vector);
      }
    }
    assertThat(differences).as(name()).isEmpty();
    checkStream(tokenizer);
  }

  /** Fails unless ids that arrive one at a time give the same text, in whole characters. */
  public void checkStream(Tokenizer tokenizer) {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    StreamDecoder decoder = tokenizer.streamDecoder();
    for (int round = 0; round < 300; round++) {
      int reach = random.nextBoolean() ? 260 : tokenizer.vocabSize() + 3;
      int[] ids = random.ints(random.nextInt(1, 40), -1, reach).toArray();
      StringBuilder text = new StringBuilder();
      for (int id : ids) {
        String piece = decoder.append(id);
        assertThat(piece.isEmpty() || !Character.isHighSurrogate(piece.charAt(piece.length() - 1)))
            .isTrue();
        text.append(piece);
      }
      assertThat(text.append(decoder.finish()).toString())
          .as("%s, seed %d, round %d", name(), seed, round)
          .isEqualTo(tokenizer.decode(ids));
    }
  }

  private static int[] ids(JsonNode ids) {
    return MAPPER.convertValue(ids, int[].class);
  }
}
