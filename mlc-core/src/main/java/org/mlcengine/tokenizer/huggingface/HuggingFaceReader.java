package org.mlcengine.tokenizer.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.mlcengine.errors.ModelLoadException;
import org.mlcengine.natives.MlcHome;
import org.mlcengine.tokenizer.Tokenizer;

/**
 * Makes a tokenizer of a {@code tokenizer.json}. Every component of the file is either honoured or
 * refused by name, but for three that the engine never applies: the post-processor, because the
 * conversation template writes the special tokens, and truncation and padding.
 */
public final class HuggingFaceReader {
  private final TokenizerJson json;
  private final Vocabulary vocabulary;

  private HuggingFaceReader(TokenizerJson json) {
    this.json = json;
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
    checkModel();
    checkDecoder();
    List<PreTokenizer> preTokenizers = preTokenizers();
    List<Normalizer.Form> normalizers = normalizers();
    BytePairEncoder encoder =
        new BytePairEncoder(
            vocabulary, byteIds(), json.merges(), json.model().path("ignore_merges").asBoolean());
    return new HuggingFaceTokenizer(
        new TokenTable(vocabulary, addedTokens()), normalizers, preTokenizers, encoder);
  }

  private void checkModel() {
    JsonNode model = json.model();
    // Old files do not name the type of a model with merges.
    String type = model.path("type").asText(json.hasMerges() ? "BPE" : "none");
    if (!type.equals("BPE")) {
      throw unsupported("model", type, "BPE");
    }
    if (vocabulary.size() == 0) {
      throw malformed("a vocabulary in model.vocab", "none");
    }
    for (String affix : List.of("continuing_subword_prefix", "end_of_word_suffix")) {
      if (!model.path(affix).asText("").isEmpty()) {
        throw unsupported("model." + affix, model.path(affix).asText(), "none");
      }
    }
    if (model.path("byte_fallback").asBoolean()) {
      throw unsupported("model.byte_fallback", "true", "false");
    }
    if (model.path("dropout").asDouble() != 0) {
      throw unsupported("model.dropout", model.path("dropout").asText(), "none");
    }
  }

  private void checkDecoder() {
    List<JsonNode> decoders = flatten("decoder", "decoders");
    String types = decoders.stream().map(HuggingFaceReader::type).collect(Collectors.joining(", "));
    if (!types.equals("ByteLevel")) {
      throw unsupported("decoder", types.isEmpty() ? "none" : types, "ByteLevel");
    }
  }

  private List<Normalizer.Form> normalizers() {
    List<Normalizer.Form> forms = new ArrayList<>();
    for (JsonNode node : flatten("normalizer", "normalizers")) {
      switch (type(node)) {
        case "NFC" -> forms.add(Normalizer.Form.NFC);
        case "NFD" -> forms.add(Normalizer.Form.NFD);
        case "NFKC" -> forms.add(Normalizer.Form.NFKC);
        case "NFKD" -> forms.add(Normalizer.Form.NFKD);
        default -> throw unsupported("normalizer", type(node), "NFC, NFD, NFKC, NFKD, Sequence");
      }
    }
    return forms;
  }

  private List<PreTokenizer> preTokenizers() {
    List<JsonNode> nodes = flatten("pre_tokenizer", "pretokenizers");
    List<PreTokenizer> splits = new ArrayList<>();
    boolean bytes = false;
    for (JsonNode node : nodes) {
      if (bytes) {
        throw unsupported("pre_tokenizer behind ByteLevel", type(node), "ByteLevel at the end");
      }
      switch (type(node)) {
        case "Digits" -> splits.add(new DigitSplit(node.path("individual_digits").asBoolean()));
        case "Split" -> splits.add(regexSplit(node));
        case "ByteLevel" -> {
          bytes = true;
          if (node.path("add_prefix_space").asBoolean(true)) {
            splits.add(new SpacePrefix());
          }
          if (node.path("use_regex").asBoolean(true)) {
            splits.add(new Gpt2Split());
          }
        }
        default ->
            throw unsupported("pre_tokenizer", type(node), "ByteLevel, Digits, Split, Sequence");
      }
    }
    if (!bytes) {
      throw unsupported("pre_tokenizer", "none that ends with ByteLevel", "ByteLevel at the end");
    }
    return splits;
  }

  private PreTokenizer regexSplit(JsonNode node) {
    JsonNode pattern = node.path("pattern");
    String behavior = node.path("behavior").asText("none");
    boolean isolated = behavior.equals("Isolated");
    if (!isolated && !behavior.equals("Removed")) {
      throw unsupported("pre_tokenizer Split with the behavior", behavior, "Isolated, Removed");
    }
    boolean invert = node.path("invert").asBoolean();
    return new RegexSplit(pattern(pattern), isolated || invert, isolated || !invert);
  }

  private Pattern pattern(JsonNode pattern) {
    if (pattern.path("String").isTextual()) {
      return Pattern.compile(Pattern.quote(pattern.path("String").asText()));
    }
    if (!pattern.path("Regex").isTextual()) {
      throw malformed("a Split with a String or a Regex as its pattern", pattern.toString());
    }
    String source = pattern.path("Regex").asText();
    try {
      return OnigurumaPattern.compile(source);
    } catch (IllegalArgumentException e) {
      throw new ModelLoadException(
          "Cannot use the pattern " + source + " of " + json.file() + ": " + e.getMessage(), e);
    }
  }

  /** Returns the components of this name, those of a sequence one by one. */
  private List<JsonNode> flatten(String component, String members) {
    List<JsonNode> flat = new ArrayList<>();
    Deque<JsonNode> open = new ArrayDeque<>();
    JsonNode outermost = json.components().path(component);
    if (!outermost.isMissingNode() && !outermost.isNull()) {
      open.push(outermost);
    }
    while (!open.isEmpty()) {
      JsonNode node = open.pop();
      if (type(node).equals("Sequence") && node.path(members).isArray()) {
        for (int i = node.path(members).size() - 1; i >= 0; i--) {
          open.push(node.path(members).path(i));
        }
      } else {
        flat.add(node);
      }
    }
    return flat;
  }

  private int[] byteIds() {
    JsonNode unknown = json.model().path("unk_token");
    int unknownId = unknown.isTextual() ? vocabulary.id(unknown.asText()) : -1;
    int[] byteIds = new int[256];
    for (int b = 0; b < byteIds.length; b++) {
      int id = vocabulary.id(String.valueOf(ByteAlphabet.write(b)));
      if (id < 0 && unknown.isTextual() && json.model().path("fuse_unk").asBoolean()) {
        throw unsupported("model.fuse_unk", "true with incomplete bytes", "all bytes as tokens");
      }
      byteIds[b] = id < 0 ? unknownId : id;
    }
    return byteIds;
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
        throw malformed("an added token with a content", node.toString());
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

  private static String type(JsonNode node) {
    return node.path("type").asText("none");
  }

  private ModelLoadException unsupported(String component, String found, String supported) {
    return new ModelLoadException(
        json.file()
            + " has the "
            + component
            + " '"
            + found
            + "', which is not supported. "
            + "Supported: "
            + supported
            + ".");
  }

  private ModelLoadException malformed(String expected, String found) {
    return new ModelLoadException(
        "Expected "
            + json.file()
            + " to have "
            + expected
            + ", found "
            + found
            + ". Download or convert the model again.");
  }
}
