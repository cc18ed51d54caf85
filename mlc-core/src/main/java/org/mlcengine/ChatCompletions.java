package org.mlcengine;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.mlcengine.protocol.ChatCompletion;
import org.mlcengine.protocol.ChatCompletionChunk;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.protocol.FinishReason;
import org.mlcengine.protocol.Role;
import org.mlcengine.protocol.StructuredChatCompletion;
import org.mlcengine.protocol.StructuredChatCompletionCreateParams;
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
            requests.start(
                requests.prompt(params), params, told(params), Generation.Delivery.WHOLE),
            params.n());
    List<ChatCompletion.Choice> choices =
        replies.map(
            (index, text, reason, logprobs) ->
                new ChatCompletion.Choice(
                    index,
                    ChatMessage.assistant(text),
                    reason,
                    params.logprobs()
                        ? Optional.of(requests.logprobs().chat(logprobs))
                        : Optional.empty()));
    return new ChatCompletion(
        head.id(), head.created(), head.model(), choices, Optional.of(replies.usage()));
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
   * @throws org.mlcengine.errors.ContextLengthExceededException if the prompt does not fit
   * @throws org.mlcengine.errors.EngineClosedException if the engine is closed
   */
  public CompletionStream<ChatCompletionChunk> createStreaming(ChatCompletionCreateParams params) {
    return ReplyChunks.stream(
        requests.start(requests.prompt(params), params, told(params), Generation.Delivery.PIECES),
        params,
        new Chunks(
            requests.head("chatcmpl-", params),
            params.logprobs() ? Optional.of(requests.logprobs()) : Optional.empty()));
  }

  private static OptionalInt told(ChatCompletionCreateParams params) {
    return params.logprobs() ? OptionalInt.of(params.topLogprobs()) : OptionalInt.empty();
  }

  private record Chunks(ReplyHead head, Optional<ReplyLogprobs> logprobs)
      implements ReplyChunks.Format<ChatCompletionChunk> {
    @Override
    public Optional<ChatCompletionChunk> start(int choice) {
      var delta = new ChatCompletionChunk.Delta(Optional.of(Role.ASSISTANT), Optional.of(""));
      return Optional.of(chunk(new ChatCompletionChunk.Choice(choice, delta, Optional.empty())));
    }

    @Override
    public void text(Generation.Text text, Consumer<ChatCompletionChunk> chunks) {
      chunks.accept(
          chunk(
              new ChatCompletionChunk.Choice(
                  text.choice(),
                  new ChatCompletionChunk.Delta(Optional.empty(), Optional.of(text.text())),
                  Optional.empty(),
                  logprobs.map(writer -> writer.chat(text.logprobs())))));
    }

    @Override
    public void end(int choice, FinishReason reason, Consumer<ChatCompletionChunk> chunks) {
      var delta = new ChatCompletionChunk.Delta(Optional.empty(), Optional.empty());
      chunks.accept(chunk(new ChatCompletionChunk.Choice(choice, delta, Optional.of(reason))));
    }

    @Override
    public ChatCompletionChunk usage(Usage usage) {
      return chunk(List.of(), Optional.of(usage));
    }

    private ChatCompletionChunk chunk(ChatCompletionChunk.Choice choice) {
      return chunk(List.of(choice), Optional.empty());
    }

    private ChatCompletionChunk chunk(
        List<ChatCompletionChunk.Choice> choices, Optional<Usage> usage) {
      return new ChatCompletionChunk(head.id(), head.created(), head.model(), choices, usage);
    }
  }
}
