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
 */
public record ChatCompletion(
    String id, long created, String model, List<Choice> choices, Optional<Usage> usage) {

  /** Copies the list. */
  public ChatCompletion {
    choices = List.copyOf(choices);
  }

  /**
   * One reply.
   *
   * @param index its place among the request's {@code n}, from 0
   * @param message what the model said
   * @param finishReason why it ended
   */
  public record Choice(int index, ChatMessage message, FinishReason finishReason) {}
}
