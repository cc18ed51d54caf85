package org.mlcengine.protocol;

import java.util.Optional;

/**
 * How many tokens a request took.
 *
 * @param promptTokens tokens of the prompt
 * @param completionTokens tokens of all replies to it
 * @param cachedTokens tokens of the prompt that were computed for an earlier request
 * @param extra times and rates, MLC's extension
 */
public record Usage(
    int promptTokens, int completionTokens, int cachedTokens, Optional<RequestMetrics> extra) {
  /** Creates counts without times. */
  public Usage(int promptTokens, int completionTokens) {
    this(promptTokens, completionTokens, 0, Optional.empty());
  }

  /** Returns the sum of prompt and completion tokens. */
  public int totalTokens() {
    return promptTokens + completionTokens;
  }
}
