package org.mlcengine.tokenizer.huggingface;

/** Puts a space before a piece that does not begin with one. */
record SpacePrefix() implements PreTokenizer {
  @Override
  public void split(String text, int from, int to, boolean start, Pieces pieces) {
    if (text.charAt(from) == ' ') {
      pieces.accept(text, from, to, start);
    } else {
      pieces.accept(" " + text.substring(from, to), 0, to - from + 1, start);
    }
  }
}
