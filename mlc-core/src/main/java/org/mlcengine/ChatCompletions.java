package org.mlcengine;

import java.util.List;
import java.util.Optional;
import org.mlcengine.protocol.ChatCompletion;
import org.mlcengine.protocol.ChatCompletionChunk;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.protocol.FinishReason;
import org.mlcengine.protocol.Role;
import org.mlcengine.protocol.Usage;

/** Replies to conversations. Safe for use by many threads, virtual ones included. */
public final class ChatCompletions {
  private final Requests requests;

  ChatCompletions(Requests requests) {
    this.requests = requests;
  }

  /**
   * Waits for the whole reply.
   *
   * @throws org.mlcengine.errors.ContextLengthExceededException if the prompt does not fit
   * @throws org.mlcengine.errors.EngineClosedException if the engine is closed before the reply is
   *     complete
   * @throws org.mlcengine.errors.RequestInterruptedException if the calling thread is interrupted
   */
  public ChatCompletion create(ChatCompletionCreateParams params) {
    ReplyHead head = requests.head("chatcmpl-", params);
    Replies replies =
        Replies.collect(
            requests.start(requests.prompt(params), params, Generation.Delivery.WHOLE), params.n());
    List<ChatCompletion.Choice> choices =
        replies.map(
            (index, text, reason) ->
                new ChatCompletion.Choice(index, ChatMessage.assistant(text), reason));
    return new ChatCompletion(
        head.id(), head.created(), head.model(), choices, Optional.of(replies.usage()));
  }

  /**
   * Starts a reply and returns its chunks as they are generated. Close the stream, best by
   * try-with-resources, to stop early.
   *
   * @throws org.mlcengine.errors.ContextLengthExceededException if the prompt does not fit
   * @throws org.mlcengine.errors.EngineClosedException if the engine is closed
   */
  public CompletionStream<ChatCompletionChunk> createStreaming(ChatCompletionCreateParams params) {
    return ReplyChunks.stream(
        requests.start(requests.prompt(params), params, Generation.Delivery.PIECES),
        params,
        new Chunks(requests.head("chatcmpl-", params)));
  }

  private record Chunks(ReplyHead head) implements ReplyChunks.Format<ChatCompletionChunk> {
    @Override
    public Optional<ChatCompletionChunk> start(int choice) {
      return Optional.of(delta(choice, Optional.of(Role.ASSISTANT), "", Optional.empty()));
    }

    @Override
    public ChatCompletionChunk text(int choice, String text) {
      return delta(choice, Optional.empty(), text, Optional.empty());
    }

    @Override
    public ChatCompletionChunk end(int choice, FinishReason reason) {
      return chunk(
          List.of(
              new ChatCompletionChunk.Choice(
                  choice,
                  new ChatCompletionChunk.Delta(Optional.empty(), Optional.empty()),
                  Optional.of(reason))),
          Optional.empty());
    }

    @Override
    public ChatCompletionChunk usage(Usage usage) {
      return chunk(List.of(), Optional.of(usage));
    }

    private ChatCompletionChunk delta(
        int choice, Optional<Role> role, String text, Optional<FinishReason> reason) {
      var delta = new ChatCompletionChunk.Delta(role, Optional.of(text));
      return chunk(
          List.of(new ChatCompletionChunk.Choice(choice, delta, reason)), Optional.empty());
    }

    private ChatCompletionChunk chunk(
        List<ChatCompletionChunk.Choice> choices, Optional<Usage> usage) {
      return new ChatCompletionChunk(head.id(), head.created(), head.model(), choices, usage);
    }
  }
}
