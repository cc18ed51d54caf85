package org.mlcengine.errors;

/** A reply ended before the value that was asked for was complete. */
public final class IncompleteReplyException extends MLCException {
  /**
   * Creates an exception.
   *
   * @param finishReason why the reply ended, as OpenAI's API spells it
   */
  public IncompleteReplyException(String finishReason) {
    super(
        "Expected a complete JSON value, found a reply that was cut (finish_reason "
            + finishReason
            + "). Raise max_tokens, or leave more room in the context.");
  }
}
