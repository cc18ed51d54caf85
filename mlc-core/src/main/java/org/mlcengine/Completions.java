package org.mlcengine;

import java.util.List;
import java.util.Optional;
import org.mlcengine.protocol.Completion;
import org.mlcengine.protocol.CompletionCreateParams;
import org.mlcengine.protocol.FinishReason;
import org.mlcengine.protocol.Usage;

/**
 * Continuations of a text, without a conversation template. Safe for use by many threads, virtual
 * ones included.
 */
public final class Completions {
  private final Requests requests;

  Completions(Requests requests) {
    this.requests = requests;
  }

  /**
   * Waits for the whole continuation.
   *
   * @throws org.mlcengine.errors.ContextLengthExceededException if the prompt does not fit
   * @throws org.mlcengine.errors.EngineClosedException if the engine is closed before the reply is
   *     complete
   * @throws org.mlcengine.errors.RequestInterruptedException if the calling thread is interrupted
   */
  public Completion create(CompletionCreateParams params) {
    ReplyHead head = requests.head("cmpl-", params);
    Replies replies =
        Replies.collect(
            requests.start(requests.prompt(params), params, Generation.Delivery.WHOLE), params.n());
    List<Completion.Choice> choices =
        replies.map(
            (index, text, reason) -> new Completion.Choice(index, text, Optional.of(reason)));
    return new Completion(
        head.id(), head.created(), head.model(), choices, Optional.of(replies.usage()));
  }

  /**
   * Starts a continuation and returns its pieces as they are generated. Close the stream, best by
   * try-with-resources, to stop early.
   *
   * @throws org.mlcengine.errors.ContextLengthExceededException if the prompt does not fit
   * @throws org.mlcengine.errors.EngineClosedException if the engine is closed
   */
  public CompletionStream<Completion> createStreaming(CompletionCreateParams params) {
    return ReplyChunks.stream(
        requests.start(requests.prompt(params), params, Generation.Delivery.PIECES),
        params,
        new Pieces(requests.head("cmpl-", params)));
  }

  private record Pieces(ReplyHead head) implements ReplyChunks.Format<Completion> {
    @Override
    public Optional<Completion> start(int choice) {
      return Optional.empty();
    }

    @Override
    public Completion text(int choice, String text) {
      return piece(
          List.of(new Completion.Choice(choice, text, Optional.empty())), Optional.empty());
    }

    @Override
    public Completion end(int choice, FinishReason reason) {
      return piece(
          List.of(new Completion.Choice(choice, "", Optional.of(reason))), Optional.empty());
    }

    @Override
    public Completion usage(Usage usage) {
      return piece(List.of(), Optional.of(usage));
    }

    private Completion piece(List<Completion.Choice> choices, Optional<Usage> usage) {
      return new Completion(head.id(), head.created(), head.model(), choices, usage);
    }
  }
}
