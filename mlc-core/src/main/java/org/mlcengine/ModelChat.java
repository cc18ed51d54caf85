package org.mlcengine;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.mlcengine.protocol.ChatCompletion;
import org.mlcengine.protocol.ChatCompletionChunk;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.protocol.FinishReason;
import org.mlcengine.protocol.Logprobs;
import org.mlcengine.sampling.TokenLogprobs;
import org.mlcengine.scheduler.SessionKv;
import org.mlcengine.tools.ToolReply;

/** A language model's replies to conversations. */
final class ModelChat {
  private final Requests requests;

  ModelChat(Requests requests) {
    this.requests = requests;
  }

  /** Waits for the whole reply. */
  ChatCompletion create(ChatCompletionCreateParams params, RequestReport report) {
    return create(params, null, report);
  }

  /**
   * Waits for the whole reply.
   *
   * @param kv what is kept of the conversation; null to share with other requests
   */
  ChatCompletion create(
      ChatCompletionCreateParams params, @Nullable SessionKv kv, RequestReport report) {
    ReplyHead head = requests.head("chatcmpl-", params);
    Generation generation = start(params, kv, Generation.Delivery.WHOLE, report);
    Replies replies = Replies.collect(generation, params.n());
    List<ChatCompletion.Choice> choices =
        replies.map(
            (index, text, reason, logprobs) -> choice(params, index, text, reason, logprobs));
    return new ChatCompletion(
        head.id(), head.created(), head.model(), choices, Optional.of(replies.usage()));
  }

  /** Returns what this model keeps of a conversation: what was given, unless another model's. */
  SessionKv kv(@Nullable SessionKv before) {
    return requests.kv(before);
  }

  /** Has a conversation computed for its next turn, as far as that is known. */
  void prepare(ChatCompletionCreateParams params, ChatMessage reply, SessionKv kv) {
    requests.prepare(params, reply, kv);
  }

  private ChatCompletion.Choice choice(
      ChatCompletionCreateParams params,
      int index,
      String text,
      FinishReason reason,
      List<TokenLogprobs> tokens) {
    Optional<Logprobs> logprobs =
        params.logprobs() ? Optional.of(requests.logprobs().chat(tokens)) : Optional.empty();
    if (!ModelTools.mayCall(params)) {
      return new ChatCompletion.Choice(index, ChatMessage.assistant(text), reason, logprobs);
    }
    ToolReply reply = requests.tools().parse(params, text, reason == FinishReason.LENGTH);
    FinishReason told = ModelTools.reason(reason, !reply.toolCalls().isEmpty());
    return new ChatCompletion.Choice(index, reply.message(), told, logprobs);
  }

  /** Starts a reply. */
  CompletionStream<ChatCompletionChunk> createStreaming(
      ChatCompletionCreateParams params, RequestReport report) {
    return createStreaming(params, null, report);
  }

  /**
   * Starts a reply.
   *
   * @param kv what is kept of the conversation; null to share with other requests
   */
  CompletionStream<ChatCompletionChunk> createStreaming(
      ChatCompletionCreateParams params, @Nullable SessionKv kv, RequestReport report) {
    ReplyHead head = requests.head("chatcmpl-", params);
    Generation generation = start(params, kv, Generation.Delivery.PIECES, report);
    return ReplyChunks.stream(
        generation,
        params,
        new ChatChunks(
            head,
            params.logprobs() ? requests.logprobs() : null,
            () ->
                ModelTools.mayCall(params)
                    ? Optional.of(requests.tools().parser(params))
                    : Optional.empty()));
  }

  private Generation start(
      ChatCompletionCreateParams params,
      @Nullable SessionKv kv,
      Generation.Delivery delivery,
      RequestReport report) {
    Requests.ChatPrompt prompt = requests.prompt(params).in(kv);
    return requests.start(prompt, params, told(params), delivery, report);
  }

  private static OptionalInt told(ChatCompletionCreateParams params) {
    return params.logprobs() ? OptionalInt.of(params.topLogprobs()) : OptionalInt.empty();
  }
}
