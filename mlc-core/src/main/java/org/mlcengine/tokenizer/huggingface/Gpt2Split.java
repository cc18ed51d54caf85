package org.mlcengine.tokenizer.huggingface;

import java.util.function.IntPredicate;
import org.mlcengine.tokenizer.CodePoints;

/**
 * Splits as GPT-2's pattern does: {@code 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+|
 * ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+}.
 */
record Gpt2Split() implements PreTokenizer {
  @Override
  public void split(String text, int from, int to, Pieces pieces) {
    int start = from;
    while (start < to) {
      int end = end(text, start, to);
      pieces.accept(text, start, end);
      start = end;
    }
  }

  private static int end(String text, int start, int to) {
    char first = text.charAt(start);
    if (first == '\'') {
      int end = contraction(text, start, to);
      if (end > start) {
        return end;
      }
    }
    int word = first == ' ' && start + 1 < to ? start + 1 : start;
    int c = text.codePointAt(word);
    if (CodePoints.isWhiteSpace(c)) {
      return whiteSpace(text, start, to);
    }
    if (CodePoints.isLetter(c)) {
      return run(text, word, to, CodePoints::isLetter);
    }
    if (CodePoints.isNumber(c)) {
      return run(text, word, to, CodePoints::isNumber);
    }
    return run(text, word, to, Gpt2Split::isOther);
  }

  private static int contraction(String text, int start, int to) {
    if (start + 1 >= to) {
      return start;
    }
    return switch (text.charAt(start + 1)) {
      case 's', 't', 'm', 'd' -> start + 2;
      case 'r', 'v' -> start + 2 < to && text.charAt(start + 2) == 'e' ? start + 3 : start;
      case 'l' -> start + 2 < to && text.charAt(start + 2) == 'l' ? start + 3 : start;
      default -> start;
    };
  }

  /** The last white space of a run belongs to the word that follows, unless it is the only one. */
  private static int whiteSpace(String text, int start, int to) {
    int end = run(text, start, to, CodePoints::isWhiteSpace);
    return end == to || end == start + 1 ? end : end - 1;
  }

  private static boolean isOther(int c) {
    return !CodePoints.isWhiteSpace(c) && !CodePoints.isLetter(c) && !CodePoints.isNumber(c);
  }

  private static int run(String text, int start, int to, IntPredicate kind) {
    int end = start;
    while (end < to) {
      int c = text.codePointAt(end);
      if (!kind.test(c)) {
        break;
      }
      end += Character.charCount(c);
    }
    return end;
  }
}
