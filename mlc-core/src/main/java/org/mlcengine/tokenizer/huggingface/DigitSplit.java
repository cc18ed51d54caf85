package org.mlcengine.tokenizer.huggingface;

/**
 * Separates numbers from the rest of a text.
 *
 * @param individual whether each digit is a piece by itself; otherwise a run of digits is one
 */
record DigitSplit(boolean individual) implements PreTokenizer {
  @Override
  public void split(String text, int from, int to, boolean start, Pieces pieces) {
    int begin = from;
    boolean digits = false;
    for (int i = from, width; i < to; i += width) {
      int c = text.codePointAt(i);
      width = Character.charCount(c);
      boolean digit = CharTypes.isNumber(c);
      if (i > begin && (digit != digits || (digit && individual))) {
        pieces.accept(text, begin, i, start && begin == from);
        begin = i;
      }
      digits = digit;
    }
    if (begin < to) {
      pieces.accept(text, begin, to, start && begin == from);
    }
  }
}
