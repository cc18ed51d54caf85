package org.mlcengine.tokenizer.huggingface;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.ModelLoadException;

/**
 * The content of a {@code tokenizer.json}. The vocabulary and the merges, which make up nearly all
 * of such a file, never become trees.
 */
final class TokenizerJson {
  private static final long LARGEST_FILE = 512L << 20;
  private static final int LARGEST_ID = 1 << 24;
  private static final ObjectReader READER =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build().reader();

  private final Path file;
  private final JsonText text;
  private final ObjectNode components = JsonNodeFactory.instance.objectNode();
  private final ObjectNode model = JsonNodeFactory.instance.objectNode();
  private final TableCache cache;
  private final StringBuilder rest = new StringBuilder();
  private int restEnd;
  private Vocabulary vocabulary = new Vocabulary();
  private @Nullable MergeTable kept;
  private int merges = -1;
  private double[] scores = new double[0];
  private final Map<Integer, String> repeated = new HashMap<>();

  private TokenizerJson(Path file, JsonText text, TableCache cache) {
    this.file = file;
    this.text = text;
    this.cache = cache;
  }

  /**
   * Reads a file, but for its merges.
   *
   * @param cache may have its vocabulary and merges
   * @throws ModelLoadException if it is malformed
   */
  static TokenizerJson read(Path file, TableCache cache) {
    try {
      Optional<TableCache.Tables> found = cache.find(file);
      String content = found.isPresent() ? found.get().rest() : content(file);
      TokenizerJson json = new TokenizerJson(file, new JsonText(content), cache);
      json.readFile();
      found.ifPresent(json::use);
      return json;
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /** Returns where it was read. */
  Path file() {
    return file;
  }

  /** Returns all but the model, by name. */
  ObjectNode components() {
    return components;
  }

  /** Returns the model's settings, without its vocabulary and merges. */
  ObjectNode model() {
    return model;
  }

  /** Returns the model's tokens. */
  Vocabulary vocabulary() {
    return vocabulary;
  }

  private void use(TableCache.Tables tables) {
    vocabulary = tables.vocabulary();
    kept = tables.merges();
  }

  /** Returns the score of each id; none if the vocabulary has no scores. */
  double[] scores() {
    return scores;
  }

  /** Returns the ids that lost their token to a later id, with that token. */
  Map<Integer, String> repeated() {
    return repeated;
  }

  /** Whether the model has merges. */
  boolean hasMerges() {
    if (kept != null) {
      return !kept.isEmpty();
    }
    if (merges < 0) {
      return false;
    }
    text.moveTo(merges + 1);
    return !text.isNext(']');
  }

  /**
   * Reads the merges.
   *
   * @param prefix how many characters of the second token the merged one leaves out
   * @throws ModelLoadException if one is malformed, or has a token that is not in the vocabulary
   */
  MergeTable merges(int prefix) {
    if (kept != null) {
      return kept;
    }
    MergeReader reader = new MergeReader(text, vocabulary, prefix);
    if (merges < 0) {
      return reader.table();
    }
    try {
      text.moveTo(merges);
      reader.read();
      kept = reader.table();
      if (repeated.isEmpty()) {
        rest.append(text.text(restEnd, text.size()));
        cache.keep(file, new TableCache.Tables(rest.toString(), vocabulary, kept));
      }
      return kept;
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static ModelLoadException unreadable(Path file, IOException cause) {
    return new ModelLoadException(
        "Expected "
            + file
            + " to be a tokenizer in JSON, but it cannot be read: "
            + cause.getMessage()
            + ". Download or convert the model again.",
        cause);
  }

  private static String content(Path file) throws IOException {
    long size = Files.size(file);
    if (size > LARGEST_FILE) {
      throw new IOException("it has " + size + " bytes, and at most " + LARGEST_FILE + " are read");
    }
    return Files.readString(file);
  }

  private void readFile() throws IOException {
    text.pass('{', "an object");
    Set<String> names = new HashSet<>();
    for (boolean first = true; text.next('}', first); first = false) {
      String name = name(names);
      if (name.equals("model")) {
        readModel();
      } else {
        readTree(components, name);
      }
    }
    text.end();
  }

  private void readModel() throws IOException {
    text.pass('{', "an object as the model");
    Set<String> names = new HashSet<>();
    for (boolean first = true; text.next('}', first); first = false) {
      String name = name(names);
      if (name.equals("vocab") && text.isNext('{')) {
        int start = text.position();
        readVocabulary();
        leaveOut(start, "{}");
      } else if (name.equals("vocab") && text.isNext('[')) {
        readScores();
      } else if (name.equals("merges") && text.isNext('[')) {
        // They name tokens, and the vocabulary may come behind them.
        merges = text.position();
        text.passValue();
        leaveOut(merges, "[]");
      } else {
        readTree(model, name);
      }
    }
  }

  private String name(Set<String> earlier) throws IOException {
    text.name();
    String name = text.lastString();
    if (!earlier.add(name)) {
      throw text.malformed("one value of " + name + ", and not a second one");
    }
    return name;
  }

  /** Leaves a value, up to here, out of what is kept of the text beside the tables. */
  private void leaveOut(int start, String replacement) {
    rest.append(text.text(restEnd, start)).append(replacement);
    restEnd = text.position();
  }

  private void readVocabulary() throws IOException {
    text.pass('{', "an object as the vocabulary");
    for (boolean first = true; text.next('}', first); first = false) {
      text.name();
      int length = text.length();
      long id = text.wholeNumber("a whole number as the id of a token");
      if (id < 0 || id > LARGEST_ID) {
        throw text.malformed("an id from 0 to " + LARGEST_ID);
      }
      if (!vocabulary.put(text.chars(), 0, length, (int) id)) {
        throw text.malformed("one token per id, and not a second one for " + id);
      }
    }
  }

  private void readScores() throws IOException {
    text.pass('[', "an array as the vocabulary");
    int id = 0;
    for (boolean first = true; text.next(']', first); first = false, id++) {
      text.pass('[', "a token and its score");
      text.string("a token");
      int earlier = vocabulary.id(text.chars(), 0, text.length());
      if (earlier >= 0) {
        repeated.put(earlier, text.lastString());
      }
      if (id > LARGEST_ID || !vocabulary.put(text.chars(), 0, text.length(), id)) {
        throw text.malformed("an id from 0 to " + LARGEST_ID);
      }
      text.pass(',', "a score behind the token");
      if (id == scores.length) {
        scores = Arrays.copyOf(scores, Math.max(1 << 10, 2 * id));
      }
      scores[id] = score();
      text.pass(']', "a token and its score");
    }
    scores = Arrays.copyOf(scores, id);
  }

  private double score() throws IOException {
    int start = text.position();
    String number = text.value();
    try {
      return Scores.parse(number);
    } catch (NumberFormatException e) {
      text.moveTo(start);
      throw text.malformed("a finite number as the score of a token (" + e.getMessage() + ")");
    }
  }

  private void readTree(ObjectNode target, String name) throws IOException {
    int start = text.position();
    String value = text.value();
    try {
      target.set(name, READER.readTree(value));
    } catch (JsonProcessingException e) {
      text.moveTo(start);
      throw text.malformed("a value in JSON (" + e.getOriginalMessage() + ")");
    }
  }
}
