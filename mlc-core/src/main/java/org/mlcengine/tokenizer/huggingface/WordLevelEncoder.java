package org.mlcengine.tokenizer.huggingface;

import org.mlcengine.tokenizer.IntList;

/**
 * A token for each word.
 *
 * @param unknownId the id of a word that is no token
 */
record WordLevelEncoder(Vocabulary vocabulary, int unknownId) implements WordEncoder {
  @Override
  public void encode(String text, int from, int to, IntList ids) {
    int id = to - from <= vocabulary.longest() ? vocabulary.id(text.substring(from, to)) : -1;
    ids.add(id >= 0 ? id : unknownId);
  }
}
