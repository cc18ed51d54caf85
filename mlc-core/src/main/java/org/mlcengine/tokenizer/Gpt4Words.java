package org.mlcengine.tokenizer;

import org.jspecify.annotations.Nullable;

/**
 * Splits as the patterns of cl100k and o200k and their descendants do.
 *
 * @param cased whether a word ends in front of an upper-case letter behind a lower-case one, as in
 *     o200k; otherwise any run of letters is a word
 * @param contractions whether {@code 's}, {@code 'll} and the like are pieces by themselves, or, if
 *     cased, the end of a word
 * @param digits how many digits make a piece at most
 * @param slash whether slashes behind punctuation belong to it, as line ends do
 * @param tail whether white space at the end of the text is one word, even with line ends in it
 */
public record Gpt4Words(
    boolean cased, boolean contractions, int digits, boolean slash, boolean tail)
    implements WordRule {
  /** The words of cl100k. */
  public static final Gpt4Words CL100K = new Gpt4Words(false, true, 3, false, true);

  /** The words of Llama 3. */
  public static final Gpt4Words LLAMA3 = new Gpt4Words(false, true, 3, false, false);

  /** The words of Qwen. */
  public static final Gpt4Words QWEN = new Gpt4Words(false, true, 1, false, false);

  /** The words of o200k. */
  public static final Gpt4Words O200K = new Gpt4Words(true, true, 3, true, false);

  private static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
  private static final String WORD = "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}";
  private static final String REST = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final String SIGNS = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|";
  private static final String SIGNS_SLASH = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|";
  private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String PREFIX = "[^\\r\\n\\p{L}\\p{N}]?";
  private static final String LOWER_WORD = PREFIX + UPPER + "*" + LOWER + "+";
  private static final String UPPER_WORD = PREFIX + UPPER + "+" + LOWER + "*";

  private static final int MARKS =
      1 << Character.NON_SPACING_MARK
          | 1 << Character.ENCLOSING_MARK
          | 1 << Character.COMBINING_SPACING_MARK;
  private static final int BOTH_CASES =
      MARKS | 1 << Character.MODIFIER_LETTER | 1 << Character.OTHER_LETTER;
  private static final int UPPER_TYPES =
      BOTH_CASES | 1 << Character.UPPERCASE_LETTER | 1 << Character.TITLECASE_LETTER;
  private static final int LOWER_TYPES = BOTH_CASES | 1 << Character.LOWERCASE_LETTER;

  /**
   * Returns what splits as a pattern does, which is written as tokenizer files of Hugging Face
   * write it; null if the pattern is not known.
   */
  public static @Nullable Gpt4Words of(String pattern) {
    for (int digits : new int[] {1, 3}) {
      String count = digits == 1 ? "" : "{1,3}";
      if (pattern.equals(CONTRACTIONS + "|" + WORD + count + SIGNS + REST)) {
        return new Gpt4Words(false, true, digits, false, false);
      }
      String numbers = "|\\p{N}" + count + SIGNS_SLASH + REST;
      String suffix = CONTRACTIONS + "?";
      if (pattern.equals(LOWER_WORD + suffix + "|" + UPPER_WORD + suffix + numbers)) {
        return new Gpt4Words(true, true, digits, true, false);
      }
      if (pattern.equals(LOWER_WORD + "|" + UPPER_WORD + numbers)) {
        return new Gpt4Words(true, false, digits, true, false);
      }
    }
    return null;
  }

  @Override
  public int end(String text, int begin, int to) {
    if (contractions && !cased) {
      int end = contraction(text, begin, to);
      if (end > begin) {
        return end;
      }
    }
    int end = cased ? casedWord(text, begin, to) : word(text, begin, to);
    if (end > begin) {
      return end;
    }
    int c = text.codePointAt(begin);
    int kind = CharKind.of(c);
    if (kind == CharKind.NUMBER) {
      return numbers(text, begin, to);
    }
    if (kind == CharKind.OTHER) {
      return signs(text, begin, to);
    }
    boolean spaceBeforeSigns =
        c == ' ' && begin + 1 < to && CharKind.of(text.codePointAt(begin + 1)) == CharKind.OTHER;
    return spaceBeforeSigns ? signs(text, begin + 1, to) : whiteSpace(text, begin, to);
  }

  /** A run of letters, with one character in front that is no line end. */
  private static int word(String text, int begin, int to) {
    int first = text.codePointAt(begin);
    int kind = CharKind.of(first);
    int word = begin;
    if (kind != CharKind.LETTER) {
      word += Character.charCount(first);
      if (kind == CharKind.NUMBER
          || isLineEnd(first)
          || word >= to
          || CharKind.of(text.codePointAt(word)) != CharKind.LETTER) {
        return begin;
      }
    }
    return CharKind.endOfRun(text, word, to, CharKind.LETTER);
  }

  private int casedWord(String text, int begin, int to) {
    int first = text.codePointAt(begin);
    int kind = CharKind.of(first);
    boolean prefixed = kind != CharKind.LETTER && kind != CharKind.NUMBER && !isLineEnd(first);
    int behind = begin + Character.charCount(first);
    int end = prefixed ? lowerWord(text, behind, to) : -1;
    if (end < 0) {
      end = lowerWord(text, begin, to);
    }
    if (end < 0 && prefixed) {
      end = upperWord(text, behind, to);
    }
    if (end < 0) {
      end = upperWord(text, begin, to);
    }
    if (end < 0) {
      return begin;
    }
    return contractions ? contraction(text, end, to) : end;
  }

  /**
   * Where upper-case letters and then at least one lower-case letter end; -1 if they do not begin
   * here. A letter without case counts as both, so that the last one of the first run may serve.
   */
  private static int lowerWord(String text, int begin, int to) {
    int place = begin;
    int lastOfBoth = -1;
    while (place < to) {
      int c = text.codePointAt(place);
      if (!isOf(c, UPPER_TYPES)) {
        break;
      }
      place += Character.charCount(c);
      if (isOf(c, BOTH_CASES)) {
        lastOfBoth = place;
      }
    }
    int end = lowerRun(text, place, to);
    return end > place ? end : lastOfBoth;
  }

  private static int upperWord(String text, int begin, int to) {
    int place = begin;
    while (place < to && isOf(text.codePointAt(place), UPPER_TYPES)) {
      place += Character.charCount(text.codePointAt(place));
    }
    return place == begin ? -1 : lowerRun(text, place, to);
  }

  private static int lowerRun(String text, int begin, int to) {
    int place = begin;
    while (place < to && isOf(text.codePointAt(place), LOWER_TYPES)) {
      place += Character.charCount(text.codePointAt(place));
    }
    return place;
  }

  private static boolean isOf(int c, int types) {
    return ((types >> Character.getType(c)) & 1) != 0;
  }

  private int numbers(String text, int begin, int to) {
    int end = begin;
    for (int count = 0; count < digits && end < to; count++) {
      int c = text.codePointAt(end);
      if (CharKind.of(c) != CharKind.NUMBER) {
        break;
      }
      end += Character.charCount(c);
    }
    return end;
  }

  private int signs(String text, int begin, int to) {
    int end = CharKind.endOfRun(text, begin, to, CharKind.OTHER);
    while (end < to && (isLineEnd(text.charAt(end)) || (slash && text.charAt(end) == '/'))) {
      end++;
    }
    return end;
  }

  /** White space up to the last line end in it, or else all but the last character. */
  private int whiteSpace(String text, int begin, int to) {
    int end = CharKind.endOfRun(text, begin, to, CharKind.WHITE_SPACE);
    if (tail && end == to) {
      return end;
    }
    for (int i = end; i > begin; i--) {
      if (isLineEnd(text.charAt(i - 1))) {
        return i;
      }
    }
    return end == to || end == begin + 1 ? end : end - 1;
  }

  private static int contraction(String text, int begin, int to) {
    if (begin + 1 >= to || text.charAt(begin) != '\'') {
      return begin;
    }
    char next = fold(text.charAt(begin + 1));
    if (next == 's' || next == 't' || next == 'm' || next == 'd') {
      return begin + 2;
    }
    char last = begin + 2 < to ? fold(text.charAt(begin + 2)) : 0;
    boolean two = ((next == 'r' || next == 'v') && last == 'e') || (next == 'l' && last == 'l');
    return two ? begin + 3 : begin;
  }

  /** Unicode folds the long s to s. */
  private static char fold(char c) {
    return c == '\u017F' ? 's' : Character.toLowerCase(c);
  }

  private static boolean isLineEnd(int c) {
    return c == '\n' || c == '\r';
  }
}
