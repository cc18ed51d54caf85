package org.mlcengine.tokenizer.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.stream.IntStream;
import org.mlcengine.tokenizer.IntList;

/** Puts special tokens around the ids of a text. */
final class PostProcessor {
  private static final String SUPPORTED =
      "BertProcessing, ByteLevel, RobertaProcessing, Sequence, TemplateProcessing";

  private int[] before = new int[0];
  private int[] after = new int[0];

  /** Reads which tokens a tokenizer puts around a text. */
  static PostProcessor read(Components components) {
    PostProcessor processor = new PostProcessor();
    for (JsonNode node : components.flatten("post_processor", "processors")) {
      switch (Components.type(node)) {
        case "ByteLevel" -> {
          // It only moves offsets, of which there are none here.
        }
        case "BertProcessing", "RobertaProcessing" ->
            processor.add(id(components, node, "cls"), id(components, node, "sep"));
        case "TemplateProcessing" -> processor.addTemplate(components, node);
        default -> throw components.unsupported("post_processor", Components.type(node), SUPPORTED);
      }
    }
    return processor;
  }

  /** Returns the ids with the special tokens around them. */
  int[] process(int[] ids) {
    IntList all = new IntList();
    all.addAll(before);
    all.addAll(ids);
    all.addAll(after);
    return all.toArray();
  }

  private void add(int[] outerBefore, int[] outerAfter) {
    before = IntStream.concat(IntStream.of(outerBefore), IntStream.of(before)).toArray();
    after = IntStream.concat(IntStream.of(after), IntStream.of(outerAfter)).toArray();
  }

  private void addTemplate(Components components, JsonNode node) {
    IntList front = new IntList();
    IntList back = new IntList();
    int sequences = 0;
    for (JsonNode piece : node.path("single")) {
      if (piece.path("Sequence").path("id").asText().equals("A")) {
        sequences++;
        continue;
      }
      String name = piece.path("SpecialToken").path("id").asText();
      JsonNode ids = node.path("special_tokens").path(name).path("ids");
      if (!ids.isArray()) {
        throw components.malformed("ids of the special token '" + name + "'", ids.toString());
      }
      for (JsonNode id : ids) {
        (sequences == 0 ? front : back).add(id(components, id));
      }
    }
    if (sequences != 1) {
      throw components.unsupported(
          "TemplateProcessing for one text",
          node.path("single").toString(),
          "templates with the sequence A once");
    }
    add(front.toArray(), back.toArray());
  }

  private static int[] id(Components components, JsonNode node, String name) {
    return new int[] {id(components, node.path(name).path(1))};
  }

  private static int id(Components components, JsonNode id) {
    if (!id.isIntegralNumber() || !id.canConvertToInt() || id.asInt() < 0) {
      throw components.malformed("an id as the id of a special token", id.toString());
    }
    return id.asInt();
  }
}
