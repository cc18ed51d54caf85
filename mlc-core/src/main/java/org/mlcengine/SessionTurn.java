package org.mlcengine;

import java.util.Iterator;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.SessionClosedException;
import org.mlcengine.protocol.ChatCompletion;
import org.mlcengine.protocol.ChatCompletionAccumulator;
import org.mlcengine.protocol.ChatCompletionChunk;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.ChatMessage;

/** One turn of a session, from its messages to the reply, or to the failure, that ends it once. */
final class SessionTurn {
  private final Session session;
  private final ChatCompletionCreateParams params;
  private boolean ended;

  /**
   * Creates a turn.
   *
   * @param params with the whole conversation up to the reply
   */
  SessionTurn(Session session, ChatCompletionCreateParams params) {
    this.session = session;
    this.params = params;
  }

  ChatCompletion create() {
    try {
      ChatCompletion reply = session.run((chat, kv, report) -> chat.create(params, kv, report));
      remember(reply.choices().getFirst().message());
      return reply;
    } catch (RuntimeException | Error e) {
      end(null);
      throw e;
    }
  }

  CompletionStream<ChatCompletionChunk> createStreaming() {
    try {
      Reading reading =
          new Reading(session.run((chat, kv, report) -> chat.createStreaming(params, kv, report)));
      return new CompletionStream<>(reading, reading::close);
    } catch (RuntimeException | Error e) {
      end(null);
      throw e;
    }
  }

  private void remember(@Nullable ChatMessage reply) {
    if (!end(reply)) {
      throw new SessionClosedException(session.id());
    }
  }

  /**
   * Ends the turn with a reply, or without one as if it had never begun.
   *
   * @return false if the session was closed meanwhile
   */
  private boolean end(@Nullable ChatMessage reply) {
    synchronized (this) {
      if (ended) {
        return true;
      }
      ended = true;
    }
    return session.end(params, reply);
  }

  /** Hands chunks on and puts the reply together from them. Only closing comes from anywhere. */
  private final class Reading implements Supplier<@Nullable ChatCompletionChunk> {
    private final CompletionStream<ChatCompletionChunk> chunks;
    private final Iterator<ChatCompletionChunk> iterator;
    private final ChatCompletionAccumulator whole = ChatCompletionAccumulator.create();
    private final StringBuilder text = new StringBuilder();
    private boolean complete;
    private boolean closed;

    Reading(CompletionStream<ChatCompletionChunk> chunks) {
      this.chunks = chunks;
      iterator = chunks.iterator();
    }

    @Override
    public @Nullable ChatCompletionChunk get() {
      try {
        if (iterator.hasNext()) {
          return add(iterator.next());
        }
        remember(reply());
        return null;
      } catch (RuntimeException | Error e) {
        end(null);
        throw e;
      }
    }

    private synchronized ChatCompletionChunk add(ChatCompletionChunk chunk) {
      if (!closed) {
        whole.accumulate(chunk);
        for (ChatCompletionChunk.Choice choice : chunk.choices()) {
          choice.delta().content().ifPresent(text::append);
          complete |= choice.finishReason().isPresent();
        }
      }
      return chunk;
    }

    void close() {
      chunks.close();
      synchronized (this) {
        closed = true;
      }
      end(reply());
    }

    /** Returns what was read of the reply; null if that is nothing. */
    private synchronized @Nullable ChatMessage reply() {
      if (complete) {
        return whole.chatCompletion().choices().getFirst().message();
      }
      return text.isEmpty() ? null : ChatMessage.assistant(text.toString());
    }
  }
}
