package org.mlcengine.tokenizer.huggingface;

import org.mlcengine.tokenizer.WordRule;

/** Splits into the words of a rule. */
record RuleSplit(WordRule words) implements PreTokenizer {
  @Override
  public void split(String text, int from, int to, boolean start, Pieces pieces) {
    int begin = from;
    while (begin < to) {
      int end = words.end(text, begin, to);
      pieces.accept(text, begin, end, start && begin == from);
      begin = end;
    }
  }
}
