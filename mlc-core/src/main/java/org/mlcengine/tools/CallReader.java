package org.mlcengine.tools;

/** Reads what may be calls, character by character, and tells a {@link CallSink} of them. */
interface CallReader {
  /** What a character meant. */
  enum Step {
    /** It belongs to the calls. */
    MORE,
    /** It is the last of the calls. */
    LAST,
    /** It cannot belong to calls. */
    FAILED
  }

  /** Takes the next character; nothing may follow if it was not {@link Step#MORE}. */
  Step read(char c);

  /** Tells whether the text may end here. */
  default boolean mayEnd() {
    return false;
  }
}
