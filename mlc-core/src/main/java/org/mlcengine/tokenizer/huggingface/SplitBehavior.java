package org.mlcengine.tokenizer.huggingface;

/** What becomes of the delimiters that a text is split at. */
enum SplitBehavior {
  /** They are dropped. */
  REMOVED,
  /** Each is a piece by itself. */
  ISOLATED,
  /** Each joins the piece before it. */
  MERGED_WITH_PREVIOUS,
  /** Each joins the piece behind it. */
  MERGED_WITH_NEXT,
  /** Those that touch each other are one piece. */
  CONTIGUOUS
}
