package org.mlcengine.protocol;

import java.util.List;
import java.util.Optional;

/**
 * A whole reply to a chat request.
 *
 * @param id {@code chatcmpl-} and a unique part
 * @param created when the request was made, in seconds since 1970
 * @param model the model's name
 * @param choices one for each of the request's {@code n}
 * @param usage token counts
 * @param systemFingerprint names the configuration that replied; MLC leaves it empty
 */
public record ChatCompletion(
    String id,
    long created,
    String model,
    List<Choice> choices,
    Optional<Usage> usage,
    String systemFingerprint) {

  /** Copies the list. */
  public ChatCompletion {
    choices = List.copyOf(choices);
  }

  /** Creates one with an empty fingerprint. */
  public ChatCompletion(
      String id, long created, String model, List<Choice> choices, Optional<Usage> usage) {
    this(id, created, model, choices, usage, "");
  }

  /**
   * One reply.
   *
   * @param index its place among the request's {@code n}, from 0
   * @param message what the model said
   * @param finishReason why it ended
   * @param logprobs how probable its tokens were, if the request asked
   */
  public record Choice(
      int index, ChatMessage message, FinishReason finishReason, Optional<Logprobs> logprobs) {
    /** Creates a reply without probabilities. */
    public Choice(int index, ChatMessage message, FinishReason finishReason) {
      this(index, message, finishReason, Optional.empty());
    }
  }
}
