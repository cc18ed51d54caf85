package org.mlcengine.tokenizer.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** Reads how a tokenizer makes text of tokens. */
final class DecoderReader {
  private static final String SUPPORTED =
      "BPEDecoder, ByteFallback, ByteLevel, CTC, Fuse, Metaspace, Replace, Sequence, Strip, "
          + "WordPiece";

  private final Components components;

  DecoderReader(Components components) {
    this.components = components;
  }

  DecoderChain read() {
    List<DecoderStep> steps = new ArrayList<>();
    if (components.all().path("decoder").isContainerNode()) {
      for (JsonNode node : components.flatten("decoder", "decoders")) {
        steps.add(step(node));
      }
    } else {
      steps.add(new DecoderStep.Spaces());
    }
    return new DecoderChain(steps);
  }

  private DecoderStep step(JsonNode node) {
    return switch (Components.type(node)) {
      case "ByteLevel" -> new DecoderStep.Bytes();
      case "ByteFallback" -> new DecoderStep.Fallback();
      case "Fuse" -> new DecoderStep.Fuse();
      case "Replace" -> new DecoderStep.Rewrite(NormalizerReader.replace(components, node));
      case "Strip" ->
          new DecoderStep.Strip(
              components.character(node, "content"),
              components.count(node, "start"),
              components.count(node, "stop"));
      case "Metaspace" ->
          new DecoderStep.Metaspace(
              Character.toString(components.character(node, "replacement")),
              PreTokenizerReader.prepend(components, node) != MetaspaceSplit.Prepend.NEVER);
      case "WordPiece" ->
          new DecoderStep.Pieces(
              components.text(node, "prefix"), node.path("cleanup").asBoolean(true));
      case "BPEDecoder" -> new DecoderStep.Suffix(components.text(node, "suffix"));
      case "CTC" ->
          new DecoderStep.Ctc(
              components.text(node, "pad_token"),
              components.text(node, "word_delimiter_token"),
              node.path("cleanup").asBoolean(true));
      default -> throw components.unsupported("decoder", Components.type(node), SUPPORTED);
    };
  }
}
