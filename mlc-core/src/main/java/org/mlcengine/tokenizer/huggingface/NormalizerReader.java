package org.mlcengine.tokenizer.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.mlcengine.tokenizer.CharsMap;

/** Reads how a tokenizer normalizes. */
final class NormalizerReader {
  private static final String SUPPORTED =
      "BertNormalizer, ByteLevel, Lowercase, NFC, NFD, NFKC, NFKD, Nmt, Precompiled, Prepend, "
          + "Replace, Sequence, Strip, StripAccents";

  private final Components components;

  NormalizerReader(Components components) {
    this.components = components;
  }

  List<TextNormalizer> read() {
    List<TextNormalizer> normalizers = new ArrayList<>();
    for (JsonNode node : components.flatten("normalizer", "normalizers")) {
      normalizers.add(normalizer(node));
    }
    return normalizers;
  }

  private TextNormalizer normalizer(JsonNode node) {
    return switch (Components.type(node)) {
      case "NFC" -> new TextNormalizer.Form(Normalizer.Form.NFC);
      case "NFD" -> new TextNormalizer.Form(Normalizer.Form.NFD);
      case "NFKC" -> new TextNormalizer.Form(Normalizer.Form.NFKC);
      case "NFKD" -> new TextNormalizer.Form(Normalizer.Form.NFKD);
      case "Lowercase" -> new TextNormalizer.Lowercase();
      case "StripAccents" -> new TextNormalizer.StripAccents();
      case "Nmt" -> new TextNormalizer.Nmt();
      case "ByteLevel" -> new TextNormalizer.Bytes();
      case "Strip" ->
          new TextNormalizer.Strip(
              node.path("strip_left").asBoolean(), node.path("strip_right").asBoolean());
      case "Prepend" -> new TextNormalizer.Prepend(components.text(node, "prepend"));
      case "Replace" -> replace(components, node);
      case "BertNormalizer" -> bert(node);
      case "Precompiled" -> charsMap(node);
      default -> throw components.unsupported("normalizer", Components.type(node), SUPPORTED);
    };
  }

  /** Reads a component that replaces text, which may be a decoder as well. */
  static TextNormalizer replace(Components components, JsonNode node) {
    String content = components.text(node, "content");
    String literal = components.literal(node);
    return literal.isEmpty()
        ? new TextNormalizer.ReplaceRegex(components.pattern(node), content)
        : new TextNormalizer.Replace(literal, content);
  }

  private static TextNormalizer bert(JsonNode node) {
    boolean lowercases = node.path("lowercase").asBoolean(true);
    return new BertNormalizer(
        node.path("clean_text").asBoolean(true),
        node.path("handle_chinese_chars").asBoolean(true),
        node.path("strip_accents").asBoolean(lowercases),
        lowercases);
  }

  private TextNormalizer charsMap(JsonNode node) {
    String table = components.text(node, "precompiled_charsmap");
    try {
      return new PrecompiledNormalizer(CharsMap.of(Base64.getDecoder().decode(table)));
    } catch (IllegalArgumentException | IOException e) {
      throw components.malformed(
          "a Precompiled with a table in base 64 as its precompiled_charsmap",
          String.valueOf(e.getMessage()));
    }
  }
}
