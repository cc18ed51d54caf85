package org.mlcengine.tools;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.mlcengine.tokenizer.Tokenizer;
import org.mlcengine.tokenizer.files.Tokenizers;
import org.mlcengine.tokenizer.huggingface.SmallTokenizer;

/** The small byte-level tokenizer of the tests, with more special tokens. */
public final class MarkedTokenizer {
  private static final JsonMapper MAPPER = new JsonMapper();

  private MarkedTokenizer() {}

  /** Writes the tokenizer's file into a folder, and loads it. */
  public static Tokenizer load(Path folder, List<String> specials) {
    try {
      ObjectNode json =
          (ObjectNode) MAPPER.readTree(SmallTokenizer.resource("small-tokenizer.json"));
      ArrayNode added = (ArrayNode) json.get("added_tokens");
      int id = json.at("/model/vocab").size();
      for (String special : specials) {
        ObjectNode token = added.get(0).deepCopy();
        added.add(token.put("id", id++).put("content", special));
      }
      MAPPER.writeValue(folder.resolve("tokenizer.json").toFile(), json);
      return Tokenizers.load(Files.createDirectories(folder));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
