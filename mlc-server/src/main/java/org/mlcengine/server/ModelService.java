package org.mlcengine.server;

import org.mlcengine.protocol.ChatCompletion;
import org.mlcengine.protocol.ChatCompletionChunk;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.Completion;
import org.mlcengine.protocol.CompletionCreateParams;
import org.mlcengine.protocol.EmbeddingCreateParams;
import org.mlcengine.protocol.EmbeddingResponse;

/**
 * One model as the server sees it: the only place where the server meets an engine.
 *
 * <p>What it throws is of {@code org.mlcengine.errors}. A call that waits ends when its thread is
 * interrupted, and stops the work then.
 */
interface ModelService {
  /** Returns facts of the model, for lists of models. */
  ModelFacts facts();

  /** Waits for a whole reply to a conversation. */
  ChatCompletion chat(ChatCompletionCreateParams params);

  /** Starts a reply to a conversation. */
  Chunks<ChatCompletionChunk> streamChat(ChatCompletionCreateParams params);

  /** Waits for a whole continuation of a text. */
  Completion complete(CompletionCreateParams params);

  /** Starts a continuation of a text. */
  Chunks<Completion> streamComplete(CompletionCreateParams params);

  /** Waits for the vectors of texts. */
  EmbeddingResponse embed(EmbeddingCreateParams params);

  /** Returns what the model is doing and has done. */
  ModelState state();

  /**
   * Facts of a model.
   *
   * @param created when it was loaded, in seconds since 1970
   * @param contextWindow the longest sequence, in tokens
   */
  record ModelFacts(long created, int contextWindow) {}

  /**
   * The chunks of a reply as they are generated. Closing stops the work before its next step, and
   * may be called by any thread.
   */
  interface Chunks<T> extends Iterable<T>, AutoCloseable {
    @Override
    void close();
  }
}
