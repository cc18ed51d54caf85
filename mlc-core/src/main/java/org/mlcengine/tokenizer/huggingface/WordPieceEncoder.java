package org.mlcengine.tokenizer.huggingface;

import org.mlcengine.tokenizer.IntList;

/**
 * The longest token that begins the word, then the longest that begins the rest, and so on. A word
 * for which that fails is one unknown token.
 */
final class WordPieceEncoder implements WordEncoder {
  private final CharTrie trie;
  private final int continuing;
  private final int unknownId;
  private final long longestWord;

  /**
   * Makes an encoder.
   *
   * @param prefix what a token begins with unless it begins the word
   * @param longestWord the number of code points above which a word is unknown
   */
  WordPieceEncoder(Vocabulary vocabulary, String prefix, int unknownId, long longestWord) {
    this.trie = new CharTrie(vocabulary);
    this.continuing = trie.next(CharTrie.ROOT, prefix);
    this.unknownId = unknownId;
    this.longestWord = longestWord;
  }

  @Override
  public void encode(String text, int from, int to, IntList ids) {
    if (to - from > longestWord && text.codePointCount(from, to) > longestWord) {
      ids.add(unknownId);
      return;
    }
    IntList word = new IntList();
    int begin = from;
    while (begin < to) {
      int node = begin == from ? CharTrie.ROOT : continuing;
      int end = begin;
      int longest = CharTrie.NONE;
      for (int i = begin; i < to && node != CharTrie.NONE; ) {
        node = trie.next(node, text.charAt(i++));
        if (node != CharTrie.NONE && trie.id(node) != CharTrie.NONE) {
          longest = trie.id(node);
          end = i;
        }
      }
      if (longest == CharTrie.NONE) {
        ids.add(unknownId);
        return;
      }
      word.add(longest);
      begin = end;
    }
    ids.addAll(word.toArray());
  }
}
