package org.mlcengine;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.EngineClosedException;
import org.mlcengine.errors.EngineFailedException;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.errors.MLCException;
import org.mlcengine.errors.ModelNotLoadedException;
import org.mlcengine.errors.SessionFileException;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.runtime.KvStore;
import org.mlcengine.scheduler.SessionKv;
import org.mlcengine.session.SessionFacts;
import org.mlcengine.session.SessionFileReader;

/** The sessions of an engine. */
final class Sessions {
  private static final int MOST_ID_CHARACTERS = 256;
  private static final System.Logger LOGGER = System.getLogger(Sessions.class.getName());

  private final ModelSlot models;
  private final ConcurrentHashMap<String, Session> sessions = new ConcurrentHashMap<>();

  Sessions(ModelSlot models) {
    this.models = models;
  }

  ModelSlot models() {
    return models;
  }

  /** Returns the session of that name, a new one if there is none. */
  Session get(String id) {
    checkId(id);
    models.requireOpen();
    return sessions.computeIfAbsent(id, name -> new Session(this, name, List.of(), null));
  }

  private static void checkId(String id) {
    if (id.isEmpty() || id.length() > MOST_ID_CHARACTERS) {
      throw new InvalidRequestException(
          "id",
          "expected a name of 1 to %d characters for the session, found one of %d."
              .formatted(MOST_ID_CHARACTERS, id.length()));
    }
  }

  void remove(Session session) {
    sessions.remove(session.id(), session);
  }

  /** Has a conversation computed for its next turn; nothing depends on it. */
  void prepare(ChatCompletionCreateParams params, ChatMessage reply, SessionKv kv) {
    try {
      models.loaded().service().chat().prepare(params, reply, kv);
    } catch (MLCException e) {
      // A template may refuse what it is asked here, where the next turn asks something else.
      LOGGER.log(System.Logger.Level.DEBUG, "A session is not prepared for its next turn", e);
    }
  }

  /** Restores a session, with what the file has of its keys and values if they suit the model. */
  Session restore(Path file) {
    models.requireOpen();
    try (SessionFileReader reader = SessionFileReader.open(file)) {
      SessionFacts facts = reader.facts();
      String id = facts.id();
      try {
        checkId(id);
      } catch (InvalidRequestException e) {
        throw new SessionFileException(
            file + ": " + e.getMessage() + " The file was not made by session.save.", e);
      }
      requireNew(sessions.get(id), id);
      SessionKv kv = kv();
      try {
        read(reader, kv);
        Session session = new Session(this, id, facts.messages(), kv);
        requireNew(sessions.putIfAbsent(id, session), id);
        return session;
      } catch (RuntimeException | Error e) {
        if (kv != null) {
          kv.release();
        }
        throw e;
      }
    }
  }

  private static void requireNew(@Nullable Session present, String id) {
    if (present != null) {
      throw new InvalidRequestException(
          "id",
          "expected a file of a session that is not open, found that of \"%s\". Close that one first."
              .formatted(id));
    }
  }

  private @Nullable SessionKv kv() {
    try {
      return models.loaded().service().chat().kv(null);
    } catch (ModelNotLoadedException | InvalidRequestException e) {
      return null;
    }
  }

  /** Reads all blocks, so that a damaged file is found, and restores those that the model takes. */
  private static void read(SessionFileReader reader, @Nullable SessionKv kv) {
    SessionFacts.Kv facts = reader.facts().kv().orElse(null);
    boolean wanted = facts != null && kv != null && fits(facts, kv);
    int from = 0;
    for (byte[] block = reader.next(); block != null; block = reader.next()) {
      wanted = wanted && facts != null && kv != null && append(kv, facts.tokens(), from, block);
      from += KvStore.BLOCK;
    }
  }

  private static boolean fits(SessionFacts.Kv facts, SessionKv kv) {
    return facts.blockTokens() == KvStore.BLOCK
        && kv.store().filter(store -> facts.blockBytes() == store.blockBytes()).isPresent()
        && kv.fingerprint().filter(facts.fingerprint()::equals).isPresent();
  }

  private static boolean append(SessionKv kv, int[] tokens, int from, byte[] block) {
    try {
      return kv.append(tokens, from, MemorySegment.ofArray(block));
    } catch (EngineClosedException | EngineFailedException e) {
      return false;
    }
  }
}
