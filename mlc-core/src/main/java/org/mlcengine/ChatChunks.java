package org.mlcengine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.mlcengine.protocol.ChatCompletionChunk;
import org.mlcengine.protocol.ChatCompletionChunk.Choice;
import org.mlcengine.protocol.ChatCompletionChunk.Delta;
import org.mlcengine.protocol.ChatCompletionChunk.ToolCallDelta;
import org.mlcengine.protocol.FinishReason;
import org.mlcengine.protocol.Logprobs;
import org.mlcengine.protocol.Role;
import org.mlcengine.protocol.Usage;
import org.mlcengine.sampling.TokenLogprobs;
import org.mlcengine.tools.ToolCallEvent;
import org.mlcengine.tools.ToolCallParser;

/** The chunks of a chat reply: text, calls of functions, and how probable their tokens were. */
final class ChatChunks implements ReplyChunks.Format<ChatCompletionChunk> {
  private final ReplyHead head;
  private final @Nullable ReplyLogprobs logprobs;
  private final Supplier<Optional<ToolCallParser>> parsers;
  private final Map<Integer, Reply> replies = new HashMap<>();

  /** One choice under way. */
  private static final class Reply {
    private final @Nullable ToolCallParser parser;
    private final List<TokenLogprobs> tokens = new ArrayList<>();

    Reply(Optional<ToolCallParser> parser) {
      this.parser = parser.orElse(null);
    }
  }

  /**
   * Creates a format.
   *
   * @param logprobs writes probabilities; null if the request did not ask for them
   * @param parsers makes what finds the calls in a reply; gives none if it may have none
   */
  ChatChunks(
      ReplyHead head,
      @Nullable ReplyLogprobs logprobs,
      Supplier<Optional<ToolCallParser>> parsers) {
    this.head = head;
    this.logprobs = logprobs;
    this.parsers = parsers;
  }

  @Override
  public Optional<ChatCompletionChunk> start(int choice) {
    Delta delta = new Delta(Optional.of(Role.ASSISTANT), Optional.of(""));
    return Optional.of(chunk(new Choice(choice, delta, Optional.empty())));
  }

  @Override
  public void text(Generation.Text text, Consumer<ChatCompletionChunk> chunks) {
    Reply reply = reply(text.choice());
    reply.tokens.addAll(text.logprobs());
    List<ToolCallEvent> events =
        reply.parser == null
            ? List.of(new ToolCallEvent.Text(text.text()))
            : reply.parser.accept(text.text());
    events.forEach(event -> add(text.choice(), event, chunks));
  }

  @Override
  public void end(int choice, FinishReason reason, Consumer<ChatCompletionChunk> chunks) {
    Reply reply = reply(choice);
    boolean calls = false;
    if (reply.parser != null) {
      reply.parser.finish().forEach(event -> add(choice, event, chunks));
      calls = reply.parser.callCount() > 0;
    }
    FinishReason told = ModelTools.reason(reason, calls);
    Delta nothing = new Delta(Optional.empty(), Optional.empty());
    Optional<Logprobs> rest = reply.tokens.isEmpty() ? Optional.empty() : told(reply);
    chunks.accept(chunk(new Choice(choice, nothing, Optional.of(told), rest)));
  }

  @Override
  public ChatCompletionChunk usage(Usage usage) {
    return chunk(List.of(), Optional.of(usage));
  }

  private void add(int choice, ToolCallEvent event, Consumer<ChatCompletionChunk> chunks) {
    switch (event) {
      case ToolCallEvent.Text(String text) ->
          add(choice, new Delta(Optional.empty(), Optional.of(text)), chunks);
      case ToolCallEvent.CallBegin(int index, String id, String name) ->
          add(choice, call(ToolCallDelta.begin(index, id, name)), chunks);
      case ToolCallEvent.Arguments(int index, String json) ->
          add(choice, call(ToolCallDelta.arguments(index, json)), chunks);
      case ToolCallEvent.CallEnd end -> {}
    }
  }

  private void add(int choice, Delta delta, Consumer<ChatCompletionChunk> chunks) {
    chunks.accept(chunk(new Choice(choice, delta, Optional.empty(), told(reply(choice)))));
  }

  private static Delta call(ToolCallDelta delta) {
    return new Delta(Optional.empty(), Optional.empty(), List.of(delta));
  }

  /** Returns the probabilities of the tokens since the last chunk. */
  private Optional<Logprobs> told(Reply reply) {
    if (logprobs == null) {
      return Optional.empty();
    }
    Logprobs told = logprobs.chat(reply.tokens);
    reply.tokens.clear();
    return Optional.of(told);
  }

  private Reply reply(int choice) {
    return replies.computeIfAbsent(choice, index -> new Reply(parsers.get()));
  }

  private ChatCompletionChunk chunk(Choice choice) {
    return chunk(List.of(choice), Optional.empty());
  }

  private ChatCompletionChunk chunk(List<Choice> choices, Optional<Usage> usage) {
    return new ChatCompletionChunk(head.id(), head.created(), head.model(), choices, usage);
  }
}
