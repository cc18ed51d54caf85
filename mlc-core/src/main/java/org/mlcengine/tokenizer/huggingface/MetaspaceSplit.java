package org.mlcengine.tokenizer.huggingface;

/**
 * Writes spaces as another character, and begins a piece with each of them.
 *
 * @param replacement what stands for a space
 * @param prepend where one is put in front of text that does not begin with one
 * @param splits whether a piece begins with each; otherwise the text stays one piece
 */
record MetaspaceSplit(String replacement, Prepend prepend, boolean splits) implements PreTokenizer {
  /** Where a space is put in front. */
  enum Prepend {
    /** In front of every piece. */
    ALWAYS,
    /** In front of the piece at the beginning of the text. */
    FIRST,
    /** Nowhere. */
    NEVER
  }

  @Override
  public void split(String text, int from, int to, boolean start, Pieces pieces) {
    String marked = text.substring(from, to).replace(" ", replacement);
    boolean prepends = prepend == Prepend.ALWAYS || (prepend == Prepend.FIRST && start);
    if (prepends && !marked.startsWith(replacement)) {
      marked = replacement + marked;
    }
    int begin = 0;
    if (splits) {
      int next = marked.indexOf(replacement, 1);
      while (next >= 0) {
        pieces.accept(marked, begin, next, start && begin == 0);
        begin = next;
        next = marked.indexOf(replacement, begin + 1);
      }
    }
    pieces.accept(marked, begin, marked.length(), start && begin == 0);
  }
}
