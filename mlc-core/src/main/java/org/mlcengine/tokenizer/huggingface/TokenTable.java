package org.mlcengine.tokenizer.huggingface;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** All tokens: those of the model, and the added ones. */
final class TokenTable {
  private final Vocabulary vocabulary;
  private final List<AddedToken> added;
  private final Normalization normalization;
  private final DecoderChain decoder;
  private final Map<String, Integer> addedIds = new HashMap<>();
  private final Map<Integer, String> addedTexts = new HashMap<>();
  private final Set<Integer> specials = new HashSet<>();
  private final int size;

  /**
   * Makes a table.
   *
   * @param repeated ids of the model that lost their token to a later id, with that token
   */
  TokenTable(
      Vocabulary vocabulary,
      Map<Integer, String> repeated,
      List<AddedToken> added,
      Normalization normalization,
      DecoderChain decoder) {
    this.vocabulary = vocabulary;
    this.added = added;
    this.normalization = normalization;
    this.decoder = decoder;
    int end = vocabulary.endOfIds();
    for (AddedToken token : added) {
      addedIds.put(token.content(), token.id());
      addedTexts.put(token.id(), textOf(token));
      if (token.special()) {
        specials.add(token.id());
      }
      end = Math.max(end, token.id() + 1);
    }
    for (Map.Entry<Integer, String> earlier : repeated.entrySet()) {
      addedTexts.putIfAbsent(earlier.getKey(), earlier.getValue());
      Integer later = addedIds.get(earlier.getValue());
      if (later != null && specials.contains(later)) {
        specials.add(earlier.getKey());
      }
    }
    this.size = end;
  }

  /** Returns the added tokens. */
  List<AddedToken> added() {
    return added;
  }

  /** Returns how tokens become text. */
  DecoderChain decoder() {
    return decoder;
  }

  /** Returns what an added token looks like in the text in which it is looked for. */
  String textOf(AddedToken token) {
    return token.normalized() ? normalization.normalize(token.content()) : token.content();
  }

  /** Returns a number that is above every id. */
  int size() {
    return size;
  }

  /** Returns what a token contributes to a text; nothing for an id without a token. */
  byte[] bytes(int id) {
    String text = text(id);
    return text == null ? new byte[0] : decoder.bytes(text);
  }

  OptionalInt idOf(String token) {
    Integer id = addedIds.get(token);
    if (id != null) {
      return OptionalInt.of(id);
    }
    int known = vocabulary.id(token);
    return known < 0 ? OptionalInt.empty() : OptionalInt.of(known);
  }

  /** Whether a token steers the model and is no text. */
  boolean isSpecial(int id) {
    return specials.contains(id);
  }

  /** Returns a token as the decoder takes it; null for an id without one. */
  @Nullable String text(int id) {
    String text = addedTexts.get(id);
    return text != null ? text : vocabulary.token(id);
  }
}
