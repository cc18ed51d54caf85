package org.mlcengine.tokenizer.huggingface;

import java.util.function.IntPredicate;

/**
 * Splits at single characters.
 *
 * @param delimiters which code points are delimiters
 */
record CharSplit(IntPredicate delimiters, SplitBehavior behavior) implements PreTokenizer {
  @Override
  public void split(String text, int from, int to, boolean start, Pieces pieces) {
    SplitPieces parts = new SplitPieces(behavior, text, from, start, pieces);
    int done = from;
    for (int i = from, width; i < to; i += width) {
      int c = text.codePointAt(i);
      width = Character.charCount(c);
      if (delimiters.test(c)) {
        if (done < i) {
          parts.add(done, i, false);
        }
        done = i + width;
        parts.add(i, done, true);
      }
    }
    if (done < to) {
      parts.add(done, to, false);
    }
    parts.end();
  }
}
