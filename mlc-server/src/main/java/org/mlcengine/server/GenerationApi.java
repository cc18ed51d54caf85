package org.mlcengine.server;

import java.util.Optional;
import org.mlcengine.protocol.ChatCompletion;
import org.mlcengine.protocol.ChatCompletionChunk;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.Completion;
import org.mlcengine.protocol.CompletionCreateParams;
import org.mlcengine.protocol.GenerationParams;
import org.mlcengine.protocol.Usage;

/**
 * One of the APIs that generate text.
 *
 * @param <P> its requests
 * @param <R> its whole replies
 * @param <C> the chunks of its replies
 */
interface GenerationApi<P extends GenerationParams, R, C> {
  Class<P> requestType();

  /** Returns the request with the model's name, and with its usage if it is a stream. */
  P complete(P request, String model);

  /** Returns how many messages a request has; 0 if it has none. */
  int messages(P request);

  R create(ModelService model, P request);

  ModelService.Chunks<C> stream(ModelService model, P request);

  Optional<Usage> usageOf(R reply);

  /** Returns what a chunk says of the request's cost; only one without choices says it. */
  Optional<Usage> usageOfChunk(C chunk);

  /** Chat completions. */
  record Chat()
      implements GenerationApi<ChatCompletionCreateParams, ChatCompletion, ChatCompletionChunk> {
    @Override
    public Class<ChatCompletionCreateParams> requestType() {
      return ChatCompletionCreateParams.class;
    }

    @Override
    public ChatCompletionCreateParams complete(ChatCompletionCreateParams request, String model) {
      ChatCompletionCreateParams.Builder builder = request.toBuilder().model(model);
      return request.stream() ? builder.includeUsage(true).build() : builder.build();
    }

    @Override
    public int messages(ChatCompletionCreateParams request) {
      return request.messages().size();
    }

    @Override
    public ChatCompletion create(ModelService model, ChatCompletionCreateParams request) {
      return model.chat(request);
    }

    @Override
    public ModelService.Chunks<ChatCompletionChunk> stream(
        ModelService model, ChatCompletionCreateParams request) {
      return model.streamChat(request);
    }

    @Override
    public Optional<Usage> usageOf(ChatCompletion reply) {
      return reply.usage();
    }

    @Override
    public Optional<Usage> usageOfChunk(ChatCompletionChunk chunk) {
      return chunk.usage();
    }
  }

  /** Text completions. */
  record Text() implements GenerationApi<CompletionCreateParams, Completion, Completion> {
    @Override
    public Class<CompletionCreateParams> requestType() {
      return CompletionCreateParams.class;
    }

    @Override
    public CompletionCreateParams complete(CompletionCreateParams request, String model) {
      CompletionCreateParams.Builder builder = request.toBuilder().model(model);
      return request.stream() ? builder.includeUsage(true).build() : builder.build();
    }

    @Override
    public int messages(CompletionCreateParams request) {
      return 0;
    }

    @Override
    public Completion create(ModelService model, CompletionCreateParams request) {
      return model.complete(request);
    }

    @Override
    public ModelService.Chunks<Completion> stream(
        ModelService model, CompletionCreateParams request) {
      return model.streamComplete(request);
    }

    @Override
    public Optional<Usage> usageOf(Completion reply) {
      return reply.usage();
    }

    @Override
    public Optional<Usage> usageOfChunk(Completion chunk) {
      return chunk.usage();
    }
  }
}
