package org.mlcengine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.errors.MLCException;
import org.mlcengine.errors.SessionBusyException;
import org.mlcengine.errors.SessionClosedException;
import org.mlcengine.protocol.ChatCompletion;
import org.mlcengine.protocol.ChatCompletionChunk;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.protocol.Role;
import org.mlcengine.protocol.StructuredChatCompletion;
import org.mlcengine.protocol.StructuredChatCompletionCreateParams;
import org.mlcengine.scheduler.SessionKv;

/**
 * A conversation whose messages the engine remembers, and whose keys and values it keeps in the KV
 * cache, so that a turn computes its new messages only. It shares nothing with other sessions and
 * requests. A reply is the same, to the bit, as that to a request with the whole conversation.
 *
 * <p>After a turn the engine computes the reply for the next one while nobody waits for the model.
 * What is kept gives way when all pages are needed for requests under way; the next turn then
 * computes the conversation again. After {@link MLCEngine#reload} the messages are still there.
 *
 * <p>One turn at a time. Safe for use by many threads, virtual ones included.
 */
public final class Session implements AutoCloseable {
  private final Sessions sessions;
  private final String id;
  private List<ChatMessage> messages;
  private @Nullable SessionKv kv;
  private boolean busy;
  private boolean closed;

  Session(Sessions sessions, String id, List<ChatMessage> messages, @Nullable SessionKv kv) {
    this.sessions = sessions;
    this.id = id;
    this.messages = messages;
    this.kv = kv;
  }

  /** What a turn asks of the model, and gets. */
  interface Request<T> {
    T run(ModelChat chat, SessionKv kv, RequestReport report);
  }

  /** Returns the session's name. */
  public String id() {
    return id;
  }

  /** Returns the conversation so far, with the replies; without a turn that is under way. */
  public synchronized List<ChatMessage> messages() {
    return messages;
  }

  /**
   * Returns how many of the conversation's tokens the KV cache holds for the next turn. It grows
   * after a turn, while the reply is computed for the next one, and is 0 after the pages were
   * needed for others, or the model was changed.
   */
  public synchronized int cachedTokens() {
    return kv == null || closed ? 0 : kv.length();
  }

  /**
   * Waits for the reply to new messages, and remembers both. A turn that fails leaves the session
   * as it was.
   *
   * @param params the new messages, which follow those of the session, and how to reply. Answers to
   *     calls of functions may begin with the session's last message, which has the calls. There is
   *     one choice.
   * @throws SessionBusyException if a turn is under way
   * @throws SessionClosedException if the session is closed before the reply is complete
   * @throws InvalidRequestException if the messages do not fit those before, or several choices are
   *     asked for
   * @throws MLCException what {@link ChatCompletions#create(ChatCompletionCreateParams)} throws
   */
  public ChatCompletion create(ChatCompletionCreateParams params) {
    return begin(params).create();
  }

  /**
   * Waits for a reply that is a value of a record class.
   *
   * @see #create(ChatCompletionCreateParams)
   */
  public <T> StructuredChatCompletion<T> create(StructuredChatCompletionCreateParams<T> params) {
    return params.structure(create(params.rawParams()));
  }

  /**
   * Starts a reply to new messages and returns its chunks as they are generated. The session
   * remembers the messages and the reply when the stream has been read to its end, or is closed:
   * closed early, what was read so far counts as the reply, without calls of functions; if that is
   * nothing, or the reply fails, the session is as it was.
   *
   * @see #create(ChatCompletionCreateParams)
   */
  public CompletionStream<ChatCompletionChunk> createStreaming(ChatCompletionCreateParams params) {
    return begin(params).createStreaming();
  }

  /**
   * Saves the conversation, and with it what the KV cache holds of it where the model library and
   * the natives allow that, so that {@link MLCEngine#restoreSession} need not compute it again.
   * What the file held before is replaced at once when all is written. Only its owner may read the
   * file, where the file system knows owners; it holds the conversation as it is.
   *
   * @return for how many tokens the file has keys and values; 0 if it has the conversation alone
   * @throws SessionBusyException if a turn is under way
   * @throws SessionClosedException if the session is closed
   * @throws org.mlcengine.errors.SessionFileException if the file cannot be written; what it held
   *     before is unchanged
   */
  public int save(Path file) {
    List<ChatMessage> saved;
    SessionKv kept;
    synchronized (this) {
      requireFree();
      busy = true;
      saved = messages;
      kept = kv;
    }
    try {
      return new SessionSaving(id, saved, kept).save(file);
    } finally {
      synchronized (this) {
        busy = false;
      }
    }
  }

  /**
   * Ends a turn that is under way, frees what the KV cache holds, and makes the engine forget the
   * session. Closing again does nothing.
   */
  @Override
  public void close() {
    SessionKv kept;
    synchronized (this) {
      closed = true;
      kept = kv;
    }
    sessions.remove(this);
    if (kept != null) {
      kept.release();
    }
  }

  private synchronized SessionTurn begin(ChatCompletionCreateParams params) {
    requireFree();
    if (params.n() != 1) {
      throw new InvalidRequestException(
          "n", "expected 1, since a session goes on from one reply, found " + params.n() + ".");
    }
    List<ChatMessage> all = new ArrayList<>(messages);
    List<ChatMessage> added = params.messages();
    boolean repeats =
        !messages.isEmpty()
            && added.getFirst().role() == Role.ASSISTANT
            && added.getFirst().equals(messages.getLast());
    all.addAll(repeats ? added.subList(1, added.size()) : added);
    SessionTurn turn = new SessionTurn(this, params.toBuilder().messages(all).build());
    busy = true;
    return turn;
  }

  private void requireFree() {
    if (closed) {
      throw new SessionClosedException(id);
    }
    if (busy) {
      throw new SessionBusyException(id);
    }
  }

  /** Runs a turn's request on the loaded model. */
  <T> T run(Request<T> request) {
    return sessions
        .models()
        .run(
            RequestSummary.Operation.CHAT,
            1,
            (model, report) -> {
              ModelChat chat = model.chat();
              return request.run(chat, prepare(chat), report);
            });
  }

  /** Returns what the model keeps, which is new if it is another model than before. */
  private SessionKv prepare(ModelChat chat) {
    SessionKv before;
    SessionKv now;
    synchronized (this) {
      if (closed) {
        throw new SessionClosedException(id);
      }
      before = kv;
      now = chat.kv(before);
      kv = now;
    }
    if (before != null && before != now) {
      before.release();
    }
    now.cancelIdle();
    return now;
  }

  /**
   * Ends a turn: without a reply, as if it had not begun.
   *
   * @return false if the session is closed
   */
  boolean end(ChatCompletionCreateParams params, @Nullable ChatMessage reply) {
    SessionKv kept;
    synchronized (this) {
      busy = false;
      kept = kv;
      if (reply == null || closed) {
        return !closed;
      }
      List<ChatMessage> all = new ArrayList<>(params.messages());
      all.add(reply);
      messages = List.copyOf(all);
    }
    if (kept != null) {
      sessions.prepare(params, reply, kept);
    }
    return true;
  }
}
