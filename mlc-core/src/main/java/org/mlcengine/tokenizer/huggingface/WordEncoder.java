package org.mlcengine.tokenizer.huggingface;

import org.mlcengine.tokenizer.IntList;

/** The model of a tokenizer: turns a piece of text into ids. */
sealed interface WordEncoder
    permits BytePairEncoder,
        CharacterPairEncoder,
        UnigramEncoder,
        WordLevelEncoder,
        WordPieceEncoder {
  /** Adds the ids of {@code text[from, to)}, which is not empty. */
  void encode(String text, int from, int to, IntList ids);
}
