package org.mlcengine;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.mlcengine.protocol.ChatCompletion;
import org.mlcengine.protocol.ChatCompletionChunk;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.protocol.FinishReason;
import org.mlcengine.protocol.Logprobs;
import org.mlcengine.sampling.TokenLogprobs;
import org.mlcengine.tools.ToolReply;

/** A language model's replies to conversations. */
final class ModelChat {
  private final Requests requests;

  ModelChat(Requests requests) {
    this.requests = requests;
  }

  /** Waits for the whole reply. */
  ChatCompletion create(ChatCompletionCreateParams params, RequestReport report) {
    ReplyHead head = requests.head("chatcmpl-", params);
    Generation generation = start(params, Generation.Delivery.WHOLE, report);
    Replies replies = Replies.collect(generation, params.n());
    List<ChatCompletion.Choice> choices =
        replies.map(
            (index, text, reason, logprobs) -> choice(params, index, text, reason, logprobs));
    return new ChatCompletion(
        head.id(), head.created(), head.model(), choices, Optional.of(replies.usage()));
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
    ReplyHead head = requests.head("chatcmpl-", params);
    Generation generation = start(params, Generation.Delivery.PIECES, report);
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
      ChatCompletionCreateParams params, Generation.Delivery delivery, RequestReport report) {
    Requests.ChatPrompt prompt = requests.prompt(params);
    return requests.start(prompt, params, told(params), delivery, report);
  }

  private static OptionalInt told(ChatCompletionCreateParams params) {
    return params.logprobs() ? OptionalInt.of(params.topLogprobs()) : OptionalInt.empty();
  }
}
