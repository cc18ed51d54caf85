package org.mlcengine.protocol;

import java.util.List;
import java.util.Optional;

/**
 * A reply to a text completion request, whole or, in a stream, a piece of it: OpenAI gives both the
 * same shape.
 *
 * @param id {@code cmpl-} and a unique part; the same in all pieces
 * @param created when the request was made, in seconds since 1970
 * @param model the model's name
 * @param choices one for each of the request's {@code n}; in a stream, what is new
 * @param usage token counts; in a stream, only in a last piece without choices
 * @param systemFingerprint names the configuration that replied; MLC leaves it empty
 */
public record Completion(
    String id,
    long created,
    String model,
    List<Choice> choices,
    Optional<Usage> usage,
    String systemFingerprint) {

  /** Copies the list. */
  public Completion {
    choices = List.copyOf(choices);
  }

  /** Creates one with an empty fingerprint. */
  public Completion(
      String id, long created, String model, List<Choice> choices, Optional<Usage> usage) {
    this(id, created, model, choices, usage, "");
  }

  /**
   * One reply, or a piece of it.
   *
   * @param index its place among the request's {@code n}, from 0
   * @param text the text, without the prompt
   * @param finishReason why the reply ended; missing in all pieces but the last
   * @param logprobs how probable its tokens were, if the request asked
   */
  public record Choice(
      int index,
      String text,
      Optional<FinishReason> finishReason,
      Optional<CompletionLogprobs> logprobs) {
    /** Creates a reply without probabilities. */
    public Choice(int index, String text, Optional<FinishReason> finishReason) {
      this(index, text, finishReason, Optional.empty());
    }
  }
}
