package org.mlcengine.protocol;

import java.util.List;
import java.util.Optional;

/**
 * A piece of a streamed reply to a chat request.
 *
 * @param id the same in all chunks of a reply, {@code chatcmpl-} and a unique part
 * @param created when the request was made, in seconds since 1970
 * @param model the model's name
 * @param choices what is new; empty in the chunk that carries the usage
 * @param usage token counts, in the last chunk of a request that asked for them
 */
public record ChatCompletionChunk(
    String id, long created, String model, List<Choice> choices, Optional<Usage> usage) {

  /** Copies the list. */
  public ChatCompletionChunk {
    choices = List.copyOf(choices);
  }

  /**
   * What is new in one reply.
   *
   * @param index its place among the request's {@code n}, from 0
   * @param delta the addition
   * @param finishReason why the reply ended; only in its last chunk
   */
  public record Choice(int index, Delta delta, Optional<FinishReason> finishReason) {}

  /**
   * An addition to a message.
   *
   * @param role who speaks; only in a reply's first chunk
   * @param content text to append
   */
  public record Delta(Optional<Role> role, Optional<String> content) {}
}
