package org.mlcengine;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.mlcengine.protocol.FinishReason;

/**
 * A request that has ended.
 *
 * @param operation what was asked for
 * @param model {@link EngineInfo#model} of the model that it ran on, whatever name the request
 *     gave; empty if none was loaded
 * @param choices how many replies were asked for, or vectors of an embeddings request
 * @param promptTokens tokens of the prompt, which count once for all choices, or of all inputs of
 *     an embeddings request; 0 if it was refused or its embeddings failed
 * @param cachedTokens tokens of the prompt that were computed for an earlier request; 0 if the
 *     first choice failed
 * @param completionTokens tokens generated for all choices, also if it failed
 * @param timeToFirstToken from the call until the first token of any choice was generated, the time
 *     in the queue included; empty if none was
 * @param duration from the call until the last choice ended
 * @param finishReasons why each choice ended: {@link FinishReason#STOP} also where it calls
 *     functions, {@link FinishReason#ABORT} if the caller stopped it or another choice failed,
 *     {@link FinishReason#ERROR} if it failed; empty for embeddings and refused requests
 * @param failure what the request failed with or was refused for; empty if its caller stopped it by
 *     closing the stream
 */
public record RequestSummary(
    Operation operation,
    String model,
    int choices,
    int promptTokens,
    int cachedTokens,
    int completionTokens,
    Optional<Duration> timeToFirstToken,
    Duration duration,
    List<FinishReason> finishReasons,
    Optional<RuntimeException> failure) {
  /** What a request asks for. */
  public enum Operation {
    /** Replies to a conversation. */
    CHAT,
    /** Continuations of a text. */
    TEXT_COMPLETION,
    /** Vectors of texts. */
    EMBEDDINGS;

    /** Returns OpenTelemetry's {@code gen_ai.operation.name}, such as {@code text_completion}. */
    public String value() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Creates a summary. */
  public RequestSummary {
    finishReasons = List.copyOf(finishReasons);
  }
}
