package org.mlcengine.tokenizer.tiktoken;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.mlcengine.tokenizer.ByteTrie;

/** The tokens beside the ranks, which are found in a text before all others. */
final class SpecialTable {
  /** A token: its text, and whether it steers the model and is no text. */
  record Token(int id, String text, boolean special) {}

  private final Map<Integer, Token> tokens = new HashMap<>();
  private final ByteTrie all;
  private final ByteTrie plain;
  private int end;

  SpecialTable(List<Token> list) {
    for (Token token : list) {
      tokens.put(token.id(), token);
      end = Math.max(end, token.id() + 1);
    }
    this.all = trie(list);
    this.plain = trie(list.stream().filter(token -> !token.special()).toList());
  }

  private static ByteTrie trie(List<Token> list) {
    byte[][] keys =
        list.stream()
            .map(token -> token.text().getBytes(StandardCharsets.UTF_8))
            .toArray(byte[][]::new);
    return ByteTrie.of(keys, list.stream().mapToInt(Token::id).toArray());
  }

  /** Returns the tokens that are found: those that are special only if they are asked for. */
  ByteTrie found(boolean special) {
    return special ? all : plain;
  }

  boolean has(int id) {
    return tokens.containsKey(id);
  }

  byte[] bytes(int id) {
    Token token = tokens.get(id);
    return token == null ? new byte[0] : token.text().getBytes(StandardCharsets.UTF_8);
  }

  boolean isSpecial(int id) {
    Token token = tokens.get(id);
    return token != null && token.special();
  }

  /** Returns a number above every id. */
  int end() {
    return end;
  }
}
