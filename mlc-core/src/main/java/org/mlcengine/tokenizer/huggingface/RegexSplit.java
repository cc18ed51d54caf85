package org.mlcengine.tokenizer.huggingface;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Splits at the matches of a pattern.
 *
 * @param pattern what to look for
 * @param matches whether the matches are pieces
 * @param gaps whether the text between two matches is a piece
 */
record RegexSplit(Pattern pattern, boolean matches, boolean gaps) implements PreTokenizer {
  @Override
  public void split(String text, int from, int to, Pieces pieces) {
    Matcher matcher = pattern.matcher(text).region(from, to);
    int end = from;
    while (matcher.find()) {
      if (gaps && matcher.start() > end) {
        pieces.accept(text, end, matcher.start());
      }
      end = matcher.end();
      if (matches && end > matcher.start()) {
        pieces.accept(text, matcher.start(), end);
      }
    }
    if (gaps && end < to) {
      pieces.accept(text, end, to);
    }
  }
}
