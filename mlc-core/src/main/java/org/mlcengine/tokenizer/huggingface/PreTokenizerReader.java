package org.mlcengine.tokenizer.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.mlcengine.tokenizer.CodePoints;
import org.mlcengine.tokenizer.Gpt2Words;
import org.mlcengine.tokenizer.Gpt4Words;
import org.mlcengine.tokenizer.WordRule;

/** Reads how a tokenizer splits text. */
final class PreTokenizerReader {
  private static final String SUPPORTED =
      "BertPreTokenizer, ByteLevel, CharDelimiterSplit, Digits, FixedLength, Metaspace, "
          + "Punctuation, Sequence, Split, UnicodeScripts, Whitespace, WhitespaceSplit";

  private final Components components;
  private final List<PreTokenizer> splits = new ArrayList<>();

  PreTokenizerReader(Components components) {
    this.components = components;
  }

  List<PreTokenizer> read() {
    for (JsonNode node : components.flatten("pre_tokenizer", "pretokenizers")) {
      add(node);
    }
    return splits;
  }

  private void add(JsonNode node) {
    switch (Components.type(node)) {
      case "ByteLevel" -> addByteLevel(node);
      case "Digits" -> splits.add(new DigitSplit(node.path("individual_digits").asBoolean()));
      case "Split" -> splits.add(split(node));
      case "Metaspace" -> splits.add(metaspace(node));
      case "Whitespace" -> splits.add(new WordSplit());
      case "WhitespaceSplit" -> splits.add(Delimiters.whiteSpace());
      case "Punctuation" -> {
        JsonNode behavior = node.path("behavior");
        splits.add(
            Delimiters.punctuation(
                behavior.isMissingNode() ? SplitBehavior.ISOLATED : behavior(node)));
      }
      case "BertPreTokenizer" -> {
        splits.add(Delimiters.whiteSpace());
        splits.add(Delimiters.punctuation(SplitBehavior.ISOLATED));
      }
      case "CharDelimiterSplit" ->
          splits.add(Delimiters.character(components.character(node, "delimiter")));
      case "UnicodeScripts" -> splits.add(new ScriptSplit());
      case "FixedLength" -> splits.add(fixedLength(node));
      default -> throw components.unsupported("pre_tokenizer", Components.type(node), SUPPORTED);
    }
  }

  private void addByteLevel(JsonNode node) {
    if (node.path("add_prefix_space").asBoolean(true)) {
      splits.add(new SpacePrefix());
    }
    if (node.path("use_regex").asBoolean(true)) {
      splits.add(new RuleSplit(new Gpt2Words()));
    }
    splits.add(new ByteText());
  }

  private PreTokenizer split(JsonNode node) {
    boolean inverted = node.path("invert").asBoolean();
    SplitBehavior behavior = behavior(node);
    boolean keepsMatches =
        behavior == SplitBehavior.ISOLATED || (behavior == SplitBehavior.REMOVED && inverted);
    JsonNode regex = node.path("pattern").path("Regex");
    // These patterns match everywhere, so that nothing lies between their matches.
    WordRule known = keepsMatches && regex.isTextual() ? Gpt4Words.of(regex.asText()) : null;
    return known == null
        ? new RegexSplit(components.pattern(node), inverted, behavior)
        : new RuleSplit(known);
  }

  private SplitBehavior behavior(JsonNode node) {
    String behavior = node.path("behavior").asText("none");
    return switch (behavior) {
      case "Removed" -> SplitBehavior.REMOVED;
      case "Isolated" -> SplitBehavior.ISOLATED;
      case "MergedWithPrevious" -> SplitBehavior.MERGED_WITH_PREVIOUS;
      case "MergedWithNext" -> SplitBehavior.MERGED_WITH_NEXT;
      case "Contiguous" -> SplitBehavior.CONTIGUOUS;
      default ->
          throw components.unsupported(
              "pre_tokenizer " + Components.type(node) + " with the behavior",
              behavior,
              "Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous");
    };
  }

  private PreTokenizer metaspace(JsonNode node) {
    String replacement = Character.toString(components.character(node, "replacement"));
    return new MetaspaceSplit(
        replacement, prepend(components, node), node.path("split").asBoolean(true));
  }

  /** Reads where a Metaspace puts a space in front, which its decoder says as well. */
  static MetaspaceSplit.Prepend prepend(Components components, JsonNode node) {
    boolean never =
        node.path("add_prefix_space").isBoolean() && !node.path("add_prefix_space").asBoolean();
    String scheme = node.path("prepend_scheme").asText(never ? "never" : "always");
    if (never && !scheme.equals("never")) {
      throw components.malformed(
          "a Metaspace whose prepend_scheme is never, as its add_prefix_space is false",
          "'" + scheme + "'");
    }
    return switch (scheme) {
      case "always" -> MetaspaceSplit.Prepend.ALWAYS;
      case "first" -> MetaspaceSplit.Prepend.FIRST;
      case "never" -> MetaspaceSplit.Prepend.NEVER;
      default ->
          throw components.unsupported(
              "Metaspace with the prepend_scheme", scheme, "always, first, never");
    };
  }

  private PreTokenizer fixedLength(JsonNode node) {
    int length = node.path("length").isMissingNode() ? 5 : components.count(node, "length");
    if (length == 0) {
      throw components.malformed("a FixedLength with a length of at least 1", "0");
    }
    return new FixedLengthSplit(length);
  }

  /** Splits at single characters; apart, because few tokenizers need them. */
  private static final class Delimiters {
    static PreTokenizer whiteSpace() {
      return new CharSplit(CodePoints::isWhiteSpace, SplitBehavior.REMOVED);
    }

    static PreTokenizer punctuation(SplitBehavior behavior) {
      return new CharSplit(CharTypes::isPunctuation, behavior);
    }

    static PreTokenizer character(int delimiter) {
      return new CharSplit(c -> c == delimiter, SplitBehavior.REMOVED);
    }
  }
}
