package org.mlcengine.sampling;

import java.util.List;

/**
 * How probable a drawn token was, and which others were the most probable.
 *
 * @param chosen the drawn token
 * @param top the most probable tokens, the most probable first, equal ones in the order of their
 *     ids. The drawn token is not always among them.
 */
public record TokenLogprobs(Entry chosen, List<Entry> top) {
  /**
   * A token and the natural logarithm of its probability.
   *
   * @param token the token's id
   * @param logprob at most 0, and at least ln(1e-10)
   */
  public record Entry(int token, float logprob) {}

  /** Copies the list. */
  public TokenLogprobs {
    top = List.copyOf(top);
  }
}
