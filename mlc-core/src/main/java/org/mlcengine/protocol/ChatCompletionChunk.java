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
 * @param systemFingerprint names the configuration that replied; MLC leaves it empty
 */
public record ChatCompletionChunk(
    String id,
    long created,
    String model,
    List<Choice> choices,
    Optional<Usage> usage,
    String systemFingerprint) {

  /** Copies the list. */
  public ChatCompletionChunk {
    choices = List.copyOf(choices);
  }

  /** Creates one with an empty fingerprint. */
  public ChatCompletionChunk(
      String id, long created, String model, List<Choice> choices, Optional<Usage> usage) {
    this(id, created, model, choices, usage, "");
  }

  /**
   * What is new in one reply.
   *
   * @param index its place among the request's {@code n}, from 0
   * @param delta the addition
   * @param finishReason why the reply ended; only in its last chunk
   * @param logprobs how probable the added tokens were, if the request asked
   */
  public record Choice(
      int index, Delta delta, Optional<FinishReason> finishReason, Optional<Logprobs> logprobs) {
    /** Creates an addition without probabilities. */
    public Choice(int index, Delta delta, Optional<FinishReason> finishReason) {
      this(index, delta, finishReason, Optional.empty());
    }
  }

  /**
   * An addition to a message.
   *
   * @param role who speaks; only in a reply's first chunk
   * @param content text to append
   * @param toolCalls additions to the message's calls
   */
  public record Delta(
      Optional<Role> role, Optional<String> content, List<ToolCallDelta> toolCalls) {
    /** Copies the list. */
    public Delta {
      toolCalls = List.copyOf(toolCalls);
    }

    /** Creates an addition of text. */
    public Delta(Optional<Role> role, Optional<String> content) {
      this(role, content, List.of());
    }
  }

  /**
   * An addition to one call of a message.
   *
   * @param index its place among the message's calls, from 0
   * @param id names the call; only in its first addition
   * @param name the function's name; only in its first addition
   * @param arguments JSON text to append to the call's arguments
   */
  public record ToolCallDelta(
      int index, Optional<String> id, Optional<String> name, Optional<String> arguments) {
    /** Creates the first addition of a call, which names it. */
    public static ToolCallDelta begin(int index, String id, String name) {
      return new ToolCallDelta(index, Optional.of(id), Optional.of(name), Optional.of(""));
    }

    /** Creates an addition to a call's arguments. */
    public static ToolCallDelta arguments(int index, String piece) {
      return new ToolCallDelta(index, Optional.empty(), Optional.empty(), Optional.of(piece));
    }
  }
}
