package org.mlcengine.tokenizer.huggingface;

/** Makes pieces of the delimiters in a text and of what lies between them. */
final class SplitPieces {
  private final SplitBehavior behavior;
  private final String text;
  private final int begin;
  private final boolean start;
  private final PreTokenizer.Pieces pieces;

  private boolean holds;
  private int heldFrom;
  private int heldTo;
  private boolean previous;

  /**
   * Makes a receiver of the parts of a text.
   *
   * @param begin where the first part begins
   * @param start whether that is the beginning of all text
   */
  SplitPieces(
      SplitBehavior behavior, String text, int begin, boolean start, PreTokenizer.Pieces pieces) {
    this.behavior = behavior;
    this.text = text;
    this.begin = begin;
    this.start = start;
    this.pieces = pieces;
  }

  /** Takes the next part, which may be empty if it is a delimiter. */
  void add(int from, int to, boolean delimiter) {
    switch (behavior) {
      case REMOVED -> {
        if (!delimiter) {
          emit(from, to);
        }
      }
      case ISOLATED -> emit(from, to);
      case CONTIGUOUS -> joinOrHold(from, to, delimiter == previous);
      case MERGED_WITH_PREVIOUS -> joinOrHold(from, to, delimiter && !previous);
      case MERGED_WITH_NEXT -> {
        joinOrHold(from, to, !delimiter && previous);
        if (!delimiter) {
          end();
        }
      }
    }
    previous = delimiter;
  }

  /** Says that the last part was given. */
  void end() {
    if (holds) {
      emit(heldFrom, heldTo);
      holds = false;
    }
  }

  private void joinOrHold(int from, int to, boolean joins) {
    if (!joins || !holds) {
      end();
      holds = true;
      heldFrom = from;
    }
    heldTo = to;
  }

  private void emit(int from, int to) {
    if (from < to) {
      pieces.accept(text, from, to, start && from == begin);
    }
  }
}
