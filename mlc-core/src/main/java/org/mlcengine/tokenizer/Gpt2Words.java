package org.mlcengine.tokenizer;

/**
 * Splits as GPT-2's pattern does: {@code 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+|
 * ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+}.
 */
public record Gpt2Words() implements WordRule {
  @Override
  public int end(String text, int begin, int to) {
    char first = text.charAt(begin);
    if (first == '\'') {
      int end = contraction(text, begin, to);
      if (end > begin) {
        return end;
      }
    }
    int word = first == ' ' && begin + 1 < to ? begin + 1 : begin;
    int kind = CharKind.of(text.codePointAt(word));
    return kind == CharKind.WHITE_SPACE
        ? whiteSpace(text, begin, to)
        : CharKind.endOfRun(text, word, to, kind);
  }

  private static int contraction(String text, int begin, int to) {
    if (begin + 1 >= to) {
      return begin;
    }
    return switch (text.charAt(begin + 1)) {
      case 's', 't', 'm', 'd' -> begin + 2;
      case 'r', 'v' -> begin + 2 < to && text.charAt(begin + 2) == 'e' ? begin + 3 : begin;
      case 'l' -> begin + 2 < to && text.charAt(begin + 2) == 'l' ? begin + 3 : begin;
      default -> begin;
    };
  }

  /** The last white space of a run belongs to the word that follows, unless it is the only one. */
  private static int whiteSpace(String text, int begin, int to) {
    int end = CharKind.endOfRun(text, begin, to, CharKind.WHITE_SPACE);
    return end == to || end == begin + 1 ? end : end - 1;
  }
}
