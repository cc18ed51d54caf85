package org.mlcengine;

import org.mlcengine.protocol.EmbeddingCreateParams;
import org.mlcengine.protocol.EmbeddingResponse;

/**
 * Vectors of texts. Texts that mean alike have vectors with a cosine near 1. Safe for use by many
 * threads, virtual ones included; texts of several requests are computed together, and a text's
 * vector does not depend on what is computed beside it.
 */
public final class Embeddings {
  private final ModelSlot models;

  Embeddings(ModelSlot models) {
    this.models = models;
  }

  /** Returns how many numbers a vector has. */
  public int dimensions() {
    return models.loaded().service().embeddings().dimensions();
  }

  /**
   * Waits for the vectors of all inputs.
   *
   * @throws org.mlcengine.errors.ContextLengthExceededException if an input has more tokens than
   *     {@link EngineInfo#maxInputTokens}; nothing is computed then
   * @throws org.mlcengine.errors.InvalidRequestException if the model makes no embeddings, a token
   *     id is not in the vocabulary, or vectors of another length than the model's are asked for
   * @throws org.mlcengine.errors.EngineClosedException if the engine is closed before the reply is
   *     complete
   * @throws org.mlcengine.errors.QueueFullException if too many texts wait already
   * @throws org.mlcengine.errors.RequestInterruptedException if the calling thread is interrupted
   */
  public EmbeddingResponse create(EmbeddingCreateParams params) {
    return models.run(
        RequestSummary.Operation.EMBEDDINGS,
        params.inputs().size(),
        (model, report) -> model.embeddings().create(params, report));
  }
}
