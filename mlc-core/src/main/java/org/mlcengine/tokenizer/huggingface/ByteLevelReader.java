package org.mlcengine.tokenizer.huggingface;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mlcengine.errors.ModelLoadException;
import org.mlcengine.tokenizer.IntList;
import org.mlcengine.tokenizer.Tokenizer;
import org.mlcengine.tokenizer.TokenizerFile;

/**
 * Makes a tokenizer of the files that GPT-2's tokenizer has in the Hugging Face library: {@code
 * vocab.json}, {@code merges.txt} and, where they exist, {@code added_tokens.json}, {@code
 * special_tokens_map.json} and {@code tokenizer_config.json}, as the library's conversion to a fast
 * tokenizer reads them. Without {@code special_tokens_map.json}, all added tokens are special.
 */
public final class ByteLevelReader {
  private static final int LARGEST_FILE = 64 << 20;
  private static final int LARGEST_ID = 1 << 24;
  private static final String END_OF_TEXT = "<|endoftext|>";
  private static final JsonMapper JSON = new JsonMapper();

  private final Path folder;
  private final Vocabulary vocabulary = new Vocabulary();
  private final Map<String, Integer> added = new LinkedHashMap<>();

  private ByteLevelReader(Path folder) {
    this.folder = folder;
  }

  /**
   * Reads the files of a folder.
   *
   * @throws ModelLoadException if one is missing or malformed
   */
  public static Tokenizer read(Path folder) {
    return new ByteLevelReader(folder).tokenizer();
  }

  private Tokenizer tokenizer() {
    readIds("vocab.json", this::addToVocabulary);
    if (vocabulary.size() == 0) {
      throw TokenizerFile.malformed(folder.resolve("vocab.json"), "tokens", "none");
    }
    if (Files.isRegularFile(folder.resolve("added_tokens.json"))) {
      readIds("added_tokens.json", this::addToAdded);
    }
    MergeTable merges = merges();
    int[] byteIds = new int[256];
    for (int b = 0; b < byteIds.length; b++) {
      byteIds[b] = vocabulary.id(String.valueOf(ByteAlphabet.write(b)));
    }
    Components components = new Components(folder, components());
    List<PreTokenizer> splits = new PreTokenizerReader(components).read();
    splits.remove(splits.size() - 1);
    Normalization normalization = new Normalization(List.of());
    DecoderChain decoder = new DecoderReader(components).read();
    return new HuggingFaceTokenizer(
        new TokenTable(vocabulary, Map.of(), addedTokens(), normalization, decoder),
        normalization,
        splits,
        new BytePairEncoder(vocabulary, byteIds, merges, false),
        PostProcessor.read(components));
  }

  private ObjectNode components() {
    ObjectNode components = JSON.createObjectNode();
    boolean prefix = json("tokenizer_config.json").path("add_prefix_space").asBoolean();
    components
        .putObject("pre_tokenizer")
        .put("type", "ByteLevel")
        .put("add_prefix_space", prefix)
        .put("use_regex", true);
    components.putObject("decoder").put("type", "ByteLevel");
    return components;
  }

  private interface Ids {
    boolean put(String token, int id);
  }

  private boolean addToVocabulary(String token, int id) {
    return vocabulary.put(token.toCharArray(), 0, token.length(), id);
  }

  private boolean addToAdded(String token, int id) {
    int known = vocabulary.id(token);
    boolean free = vocabulary.token(id) == null && !added.containsValue(id);
    if (known != id && !free) {
      return false;
    }
    added.put(token, id);
    return true;
  }

  private void readIds(String name, Ids ids) {
    Path file = folder.resolve(name);
    byte[] content = TokenizerFile.read(file, LARGEST_FILE);
    try (JsonParser parser = JSON.createParser(content)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw TokenizerFile.malformed(file, "an object of tokens and ids", "something else");
      }
      for (String token = parser.nextFieldName(); token != null; token = parser.nextFieldName()) {
        boolean whole = parser.nextToken() == JsonToken.VALUE_NUMBER_INT;
        long id = whole ? parser.getLongValue() : -1;
        if (id < 0 || id > LARGEST_ID) {
          throw TokenizerFile.malformed(
              file, "ids from 0 to " + LARGEST_ID, parser.getText() + " for '" + token + "'");
        }
        if (!ids.put(token, (int) id)) {
          throw TokenizerFile.malformed(file, "one token per id", "a second one for " + id);
        }
      }
      if (parser.currentToken() != JsonToken.END_OBJECT || parser.nextToken() != null) {
        throw TokenizerFile.malformed(file, "nothing but an object", "more");
      }
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private MergeTable merges() {
    Path file = folder.resolve("merges.txt");
    String content = new String(TokenizerFile.read(file, LARGEST_FILE), StandardCharsets.UTF_8);
    IntList lefts = new IntList();
    IntList rights = new IntList();
    IntList results = new IntList();
    int number = 0;
    for (String line : content.split("\r?\n")) {
      number++;
      if (line.isEmpty() || line.startsWith("#version")) {
        continue;
      }
      String[] parts = line.split(" ", -1);
      if (parts.length != 2) {
        throw TokenizerFile.malformed(
            file, "two tokens with a space between them in line " + number, "'" + line + "'");
      }
      lefts.add(id(file, number, parts[0]));
      rights.add(id(file, number, parts[1]));
      results.add(id(file, number, parts[0] + parts[1]));
    }
    return new MergeTable(lefts.toArray(), rights.toArray(), results.toArray());
  }

  private int id(Path file, int line, String token) {
    int id = vocabulary.id(token);
    if (id < 0) {
      throw TokenizerFile.malformed(
          file,
          "merges of tokens that vocab.json has in line " + line,
          "the unknown token '" + token + "'");
    }
    return id;
  }

  private List<AddedToken> addedTokens() {
    boolean mapped = Files.isRegularFile(folder.resolve("special_tokens_map.json"));
    Set<String> specials = new LinkedHashSet<>();
    if (mapped) {
      json("special_tokens_map.json").forEach(value -> addSpecials(value, specials));
    } else {
      specials.addAll(added.keySet());
      specials.add(END_OF_TEXT);
    }
    Map<String, Integer> all = new LinkedHashMap<>(added);
    for (String special : specials) {
      int known = vocabulary.id(special);
      if (known >= 0) {
        all.putIfAbsent(special, known);
      }
    }
    List<AddedToken> tokens = new ArrayList<>();
    all.forEach(
        (text, id) ->
            tokens.add(
                new AddedToken(text, id, false, false, false, false, specials.contains(text))));
    return tokens;
  }

  private static void addSpecials(JsonNode value, Set<String> specials) {
    if (value.isArray()) {
      value.forEach(element -> addSpecials(element, specials));
      return;
    }
    String text = value.isTextual() ? value.asText() : value.path("content").asText("");
    if (!text.isEmpty()) {
      specials.add(text);
    }
  }

  private JsonNode json(String name) {
    Path file = folder.resolve(name);
    if (!Files.isRegularFile(file)) {
      return JSON.missingNode();
    }
    try {
      return JSON.readTree(TokenizerFile.read(file, LARGEST_FILE));
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static ModelLoadException unreadable(Path file, IOException cause) {
    return new ModelLoadException(
        "Expected %s to be JSON, but it cannot be read: %s. Download or convert the model again."
            .formatted(file, cause.getMessage()),
        cause);
  }
}
