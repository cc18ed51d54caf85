package org.mlcengine.tokenizer.huggingface;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Splits at the matches of a pattern.
 *
 * @param pattern what to look for
 * @param inverted whether the delimiters are what lies between the matches
 */
record RegexSplit(Pattern pattern, boolean inverted, SplitBehavior behavior)
    implements PreTokenizer {
  @Override
  public void split(String text, int from, int to, boolean start, Pieces pieces) {
    SplitPieces parts = new SplitPieces(behavior, text, from, start, pieces);
    Matcher matcher = pattern.matcher(text).region(from, to);
    int done = from;
    boolean found = false;
    while (matcher.find()) {
      // Like the Hugging Face library's, an empty match does not touch the one before it.
      if (found && matcher.end() == done && matcher.start() == done) {
        continue;
      }
      if (done < matcher.start()) {
        parts.add(done, matcher.start(), inverted);
      }
      done = matcher.end();
      found = true;
      parts.add(matcher.start(), done, !inverted);
    }
    if (done < to) {
      parts.add(done, to, inverted);
    }
    parts.end();
  }
}
