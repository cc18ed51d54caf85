package org.mlcengine;

import org.mlcengine.protocol.ChatCompletion;
import org.mlcengine.protocol.ChatCompletionChunk;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.StructuredChatCompletion;
import org.mlcengine.protocol.StructuredChatCompletionCreateParams;

/** Replies to conversations. Safe for use by many threads, virtual ones included. */
public final class ChatCompletions {
  private final ModelSlot models;

  ChatCompletions(ModelSlot models) {
    this.models = models;
  }

  /**
   * Waits for the whole reply.
   *
   * @throws org.mlcengine.errors.InvalidRequestException if the model cannot do what is asked for
   * @throws org.mlcengine.errors.ContextLengthExceededException if the prompt does not fit
   * @throws org.mlcengine.errors.QueueFullException if too many requests wait already
   * @throws org.mlcengine.errors.RequestTimeoutException if the request's timeout comes first
   * @throws org.mlcengine.errors.EngineClosedException if the engine is closed before the reply is
   *     complete
   * @throws org.mlcengine.errors.RequestInterruptedException if the calling thread is interrupted
   */
  public ChatCompletion create(ChatCompletionCreateParams params) {
    return models.run(
        RequestSummary.Operation.CHAT,
        params.n(),
        (model, report) -> model.chat().create(params, report));
  }

  /**
   * Waits for a reply that is a value of a record class.
   *
   * @throws org.mlcengine.errors.InvalidRequestException if a value of the class cannot be enforced
   * @see #create(ChatCompletionCreateParams)
   */
  public <T> StructuredChatCompletion<T> create(StructuredChatCompletionCreateParams<T> params) {
    return params.structure(create(params.rawParams()));
  }

  /**
   * Starts a reply and returns its chunks as they are generated. Close the stream, best by
   * try-with-resources, to stop early.
   *
   * @throws org.mlcengine.errors.InvalidRequestException if the model cannot do what is asked for
   * @throws org.mlcengine.errors.ContextLengthExceededException if the prompt does not fit
   * @throws org.mlcengine.errors.QueueFullException if too many requests wait already
   * @throws org.mlcengine.errors.EngineClosedException if the engine is closed
   */
  public CompletionStream<ChatCompletionChunk> createStreaming(ChatCompletionCreateParams params) {
    return models.run(
        RequestSummary.Operation.CHAT,
        params.n(),
        (model, report) -> model.chat().createStreaming(params, report));
  }
}
