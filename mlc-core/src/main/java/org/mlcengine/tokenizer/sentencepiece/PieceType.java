package org.mlcengine.tokenizer.sentencepiece;

/** What a piece is for. */
enum PieceType {
  NORMAL,
  UNKNOWN,
  CONTROL,
  USER_DEFINED,
  UNUSED,
  BYTE;

  /** Whether text is made of it; the others have meanings of their own. */
  boolean isText() {
    return this == NORMAL || this == USER_DEFINED || this == UNUSED;
  }
}
