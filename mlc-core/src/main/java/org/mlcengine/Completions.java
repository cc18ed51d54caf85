package org.mlcengine;

import org.mlcengine.protocol.Completion;
import org.mlcengine.protocol.CompletionCreateParams;

/**
 * Continuations of a text, without a conversation template. Safe for use by many threads, virtual
 * ones included.
 */
public final class Completions {
  private final ModelSlot models;

  Completions(ModelSlot models) {
    this.models = models;
  }

  /**
   * Waits for the whole continuation. It fails as {@link ChatCompletions#create} does.
   *
   * @throws org.mlcengine.errors.ContextLengthExceededException if the prompt does not fit
   */
  public Completion create(CompletionCreateParams params) {
    return models.run(
        RequestSummary.Operation.TEXT_COMPLETION,
        params.n(),
        (model, report) -> model.completions().create(params, report));
  }

  /**
   * Starts a continuation and returns its pieces as they are generated. Close the stream, best by
   * try-with-resources, to stop early. It fails as {@link ChatCompletions#createStreaming} does.
   *
   * @throws org.mlcengine.errors.ContextLengthExceededException if the prompt does not fit
   */
  public CompletionStream<Completion> createStreaming(CompletionCreateParams params) {
    return models.run(
        RequestSummary.Operation.TEXT_COMPLETION,
        params.n(),
        (model, report) -> model.completions().createStreaming(params, report));
  }
}
