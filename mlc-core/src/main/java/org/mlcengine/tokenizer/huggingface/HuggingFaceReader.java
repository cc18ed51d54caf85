package org.mlcengine.tokenizer.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.mlcengine.errors.ModelLoadException;
import org.mlcengine.natives.MlcHome;
import org.mlcengine.tokenizer.Tokenizer;

/**
 * Makes a tokenizer of a {@code tokenizer.json}. Every component of the file is either honoured or
 * refused by name, but for two that the engine never applies: truncation and padding.
 */
public final class HuggingFaceReader {
  private final TokenizerJson json;
  private final Components components;
  private final Vocabulary vocabulary;

  private HuggingFaceReader(TokenizerJson json) {
    this.json = json;
    this.components = new Components(json.file(), json.components());
    this.vocabulary = json.vocabulary();
  }

  /**
   * Reads a file.
   *
   * @throws ModelLoadException if it is malformed or has a component that is not supported
   */
  public static Tokenizer read(Path file) {
    return new HuggingFaceReader(
            TokenizerJson.read(file, new TableCache(MlcHome.folder().resolve("tokenizers"))))
        .tokenizer();
  }

  private Tokenizer tokenizer() {
    DecoderChain decoder = new DecoderReader(components).read();
    PostProcessor processor = PostProcessor.read(components);
    List<PreTokenizer> preTokenizers = new PreTokenizerReader(components).read();
    List<TextNormalizer> normalizers = new NormalizerReader(components).read();
    boolean bytes =
        !preTokenizers.isEmpty() && preTokenizers.get(preTokenizers.size() - 1) instanceof ByteText;
    WordEncoder encoder = new ModelReader(json, components).read(bytes);
    if (encoder instanceof BytePairEncoder) {
      preTokenizers.remove(preTokenizers.size() - 1);
    }
    Normalization normalization = new Normalization(normalizers);
    return new HuggingFaceTokenizer(
        new TokenTable(vocabulary, json.repeated(), addedTokens(), normalization, decoder),
        normalization,
        preTokenizers,
        encoder,
        processor);
  }

  /**
   * Reads the added tokens. As in the Hugging Face library, the file's ids count for nothing: a
   * token of the model keeps the model's id, and the others follow the vocabulary in their order.
   */
  private List<AddedToken> addedTokens() {
    List<AddedToken> tokens = new ArrayList<>();
    Map<String, Integer> behind = new HashMap<>();
    for (JsonNode node : json.components().path("added_tokens")) {
      String content = node.path("content").asText();
      if (!node.path("content").isTextual()) {
        throw components.malformed("an added token with a content", node.toString());
      }
      if (content.isEmpty()) {
        continue;
      }
      int known = vocabulary.id(content);
      int id =
          known >= 0
              ? known
              : behind.computeIfAbsent(content, added -> vocabulary.size() + behind.size());
      tokens.add(
          new AddedToken(
              content,
              id,
              node.path("single_word").asBoolean(),
              node.path("lstrip").asBoolean(),
              node.path("rstrip").asBoolean(),
              node.path("normalized").asBoolean(),
              node.path("special").asBoolean()));
    }
    return tokens;
  }
}
