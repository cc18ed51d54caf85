package org.mlcengine.tools;

import java.util.Set;

/** Whether a reply may begin with thoughts that end with {@code </think>}. */
enum Thoughts {
  NONE,
  /** It may begin with {@code <think>}. */
  POSSIBLE,
  /** The prompt ends with {@code <think>}. */
  BEGUN;

  static final Set<String> MARKS = Set.of("<think>", "</think>");

  static Thoughts of(String prompt, boolean thinks) {
    String end = prompt.stripTrailing();
    if (end.endsWith("<think>")) {
      return BEGUN;
    }
    return thinks && !end.endsWith("</think>") ? POSSIBLE : NONE;
  }
}
