package org.mlcengine.tokenizer.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/** Reads the model of a tokenizer. */
final class ModelReader {
  private static final String SUPPORTED = "BPE, Unigram, WordLevel, WordPiece";

  private final TokenizerJson json;
  private final Components components;
  private final ObjectNode model;
  private final Vocabulary vocabulary;

  ModelReader(TokenizerJson json, Components components) {
    this.json = json;
    this.components = components;
    this.model = json.model();
    this.vocabulary = json.vocabulary();
  }

  /**
   * Reads the model.
   *
   * @param bytes whether text reaches the model in the byte alphabet
   * @return an encoder; if it is a {@link BytePairEncoder}, it writes bytes by itself
   */
  WordEncoder read(boolean bytes) {
    String type = model.path("type").asText(untypedKind());
    if (!SUPPORTED.contains(type)) {
      throw components.unsupported("model", type, SUPPORTED);
    }
    if (vocabulary.size() == 0) {
      throw components.malformed("a vocabulary in model.vocab", "none");
    }
    return switch (type) {
      case "Unigram" -> unigram();
      case "WordLevel" -> new WordLevelEncoder(vocabulary, unknown("<unk>"));
      case "WordPiece" -> wordPiece();
      default -> pairs(bytes);
    };
  }

  /** Old files do not name the type of the model. */
  private String untypedKind() {
    if (json.hasMerges()) {
      return "BPE";
    }
    if (model.has("max_input_chars_per_word")) {
      return "WordPiece";
    }
    return json.scores().length > 0 ? "Unigram" : "none";
  }

  private WordEncoder pairs(boolean bytes) {
    if (model.path("dropout").asDouble() != 0) {
      throw components.unsupported("model.dropout", model.path("dropout").asText(), "none");
    }
    String prefix = model.path("continuing_subword_prefix").asText("");
    String suffix = model.path("end_of_word_suffix").asText("");
    boolean wholeWords = model.path("ignore_merges").asBoolean();
    boolean fuses = model.path("fuse_unk").asBoolean();
    boolean fallback = model.path("byte_fallback").asBoolean();
    MergeTable merges = json.merges(prefix.length());
    if (bytes && prefix.isEmpty() && suffix.isEmpty()) {
      int[] ids = new int[256];
      boolean complete = true;
      for (int b = 0; b < ids.length; b++) {
        ids[b] = vocabulary.id(String.valueOf(ByteAlphabet.write(b)));
        complete &= ids[b] >= 0;
      }
      if (complete) {
        return new BytePairEncoder(vocabulary, ids, merges, wholeWords);
      }
    }
    int[] byteIds = fallback ? byteIds() : null;
    int unknown = byteIds != null && isComplete(byteIds) ? -1 : optionalUnknown();
    return new CharacterPairEncoder(
        vocabulary,
        merges,
        new CharacterPairEncoder.Settings(unknown, fuses, byteIds, prefix, suffix, wholeWords));
  }

  private WordEncoder unigram() {
    JsonNode unknown = model.path("unk_id");
    double[] scores = json.scores();
    if (scores.length == 0) {
      throw components.malformed("pairs of a token and a score in model.vocab", "an object");
    }
    if (!unknown.isIntegralNumber()
        || !unknown.canConvertToInt()
        || unknown.asInt() < 0
        || unknown.asInt() >= scores.length) {
      throw components.malformed("the id of a token as model.unk_id", unknown.toString());
    }
    int[] byteIds = model.path("byte_fallback").asBoolean() ? byteIds() : null;
    return new UnigramEncoder(vocabulary, scores, unknown.asInt(), byteIds);
  }

  private WordEncoder wordPiece() {
    return new WordPieceEncoder(
        vocabulary,
        model.path("continuing_subword_prefix").asText("##"),
        unknown("[UNK]"),
        model.path("max_input_chars_per_word").asLong(100));
  }

  private int unknown(String usual) {
    String token = model.path("unk_token").asText(usual);
    int id = vocabulary.id(token);
    if (id < 0) {
      throw components.malformed("the model.unk_token in its vocabulary", "'" + token + "'");
    }
    return id;
  }

  private int optionalUnknown() {
    return model.path("unk_token").isTextual() ? unknown("") : -1;
  }

  private int[] byteIds() {
    int[] ids = new int[256];
    for (int b = 0; b < ids.length; b++) {
      ids[b] = vocabulary.id("<0x%02X>".formatted(b));
    }
    return ids;
  }

  private static boolean isComplete(int @Nullable [] ids) {
    if (ids == null) {
      return false;
    }
    for (int id : ids) {
      if (id < 0) {
        return false;
      }
    }
    return true;
  }
}
