package org.mlcengine.tokenizer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mlcengine.errors.ModelLoadException;

/**
 * The content of a {@code tokenizer.json}. The vocabulary and the merges, which make up nearly all
 * of such a file, are read as a stream.
 *
 * @param file where it was read
 * @param components all but the model, by name
 * @param model the model's settings, without its vocabulary and merges
 * @param vocab ids by token; empty if the model keeps its vocabulary in another form
 * @param merges left and right halves, in falling order of precedence
 */
record TokenizerJson(
    Path file,
    ObjectNode components,
    ObjectNode model,
    Map<String, Integer> vocab,
    List<Merge> merges) {
  /** Two tokens that merge into one. */
  record Merge(String left, String right) {}

  private static final long LARGEST_FILE = 512L << 20;
  private static final int LARGEST_ID = 1 << 24;
  private static final ObjectMapper MAPPER =
      new ObjectMapper(
          JsonFactory.builder()
              .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
              .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
              .build());

  static TokenizerJson read(Path file) {
    TokenizerJson json =
        new TokenizerJson(
            file,
            MAPPER.createObjectNode(),
            MAPPER.createObjectNode(),
            new LinkedHashMap<>(),
            new ArrayList<>());
    try (JsonParser parser = MAPPER.createParser(text(file))) {
      json.readFile(parser);
    } catch (IOException e) {
      throw new ModelLoadException(
          "Expected "
              + file
              + " to be a tokenizer in JSON, but it cannot be read: "
              + e.getMessage()
              + ". Download or convert the model again.",
          e);
    }
    return json;
  }

  private static String text(Path file) throws IOException {
    long size = Files.size(file);
    if (size > LARGEST_FILE) {
      throw new IOException("it has " + size + " bytes, and at most " + LARGEST_FILE + " are read");
    }
    return Files.readString(file);
  }

  private void readFile(JsonParser parser) throws IOException {
    parser.nextToken();
    expect(parser, JsonToken.START_OBJECT, "an object");
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      if (name.equals("model")) {
        readModel(parser);
      } else {
        components.set(name, parser.<JsonNode>readValueAsTree());
      }
    }
    if (parser.nextToken() != null) {
      throw malformed(parser, "nothing behind the object");
    }
  }

  private void readModel(JsonParser parser) throws IOException {
    expect(parser, JsonToken.START_OBJECT, "an object as the model");
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      if (name.equals("vocab") && value == JsonToken.START_OBJECT) {
        readVocab(parser);
      } else if (name.equals("merges") && value == JsonToken.START_ARRAY) {
        readMerges(parser);
      } else {
        model.set(name, parser.<JsonNode>readValueAsTree());
      }
    }
  }

  private void readVocab(JsonParser parser) throws IOException {
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String token = parser.currentName();
      parser.nextToken();
      expect(parser, JsonToken.VALUE_NUMBER_INT, "a whole number as the id of a token");
      long id = parser.getLongValue();
      if (id < 0 || id > LARGEST_ID) {
        throw malformed(parser, "an id from 0 to " + LARGEST_ID);
      }
      vocab.put(token, (int) id);
    }
  }

  private void readMerges(JsonParser parser) throws IOException {
    for (JsonToken token = parser.nextToken();
        token != JsonToken.END_ARRAY;
        token = parser.nextToken()) {
      if (token == JsonToken.START_ARRAY) {
        parser.nextToken();
        String left = string(parser);
        parser.nextToken();
        String right = string(parser);
        parser.nextToken();
        expect(parser, JsonToken.END_ARRAY, "two strings as a merge");
        merges.add(new Merge(left, right));
      } else {
        readMergeLine(parser, string(parser));
      }
    }
  }

  private void readMergeLine(JsonParser parser, String line) throws IOException {
    int space = line.indexOf(' ');
    if (line.startsWith("#version")) {
      return;
    }
    if (space < 0 || line.indexOf(' ', space + 1) >= 0) {
      throw malformed(parser, "two tokens with a space between them as a merge");
    }
    merges.add(new Merge(line.substring(0, space), line.substring(space + 1)));
  }

  private static String string(JsonParser parser) throws IOException {
    expect(parser, JsonToken.VALUE_STRING, "a string in a merge");
    return parser.getText();
  }

  private static void expect(JsonParser parser, JsonToken token, String expected)
      throws IOException {
    if (parser.currentToken() != token) {
      throw malformed(parser, expected);
    }
  }

  private static IOException malformed(JsonParser parser, String expected) {
    return new IOException(
        "expected "
            + expected
            + " in line "
            + parser.currentLocation().getLineNr()
            + ", column "
            + parser.currentLocation().getColumnNr()
            + ", found "
            + parser.currentToken());
  }
}
