package org.mlcengine;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.EngineClosedException;
import org.mlcengine.errors.EngineFailedException;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.runtime.KvStore;
import org.mlcengine.scheduler.SessionKv;
import org.mlcengine.session.SessionFacts;
import org.mlcengine.session.SessionFileWriter;

/** Writes a session's file. */
final class SessionSaving {
  private static final System.Logger LOGGER = System.getLogger(SessionSaving.class.getName());

  private final String id;
  private final List<ChatMessage> messages;
  private final @Nullable SessionKv kv;

  SessionSaving(String id, List<ChatMessage> messages, @Nullable SessionKv kv) {
    this.id = id;
    this.messages = messages;
    this.kv = kv;
  }

  /**
   * Writes the file with the keys and values that are there. Pages that others need meanwhile are
   * lost, and the file then is written anew with those that are left.
   */
  int save(Path file) {
    Optional<SessionFacts.Kv> kept = Optional.empty();
    if (kv != null) {
      kv.settle();
      kept = kept(kv);
    }
    while (true) {
      SessionFacts facts = new SessionFacts(id, messages, kept);
      try (SessionFileWriter writer = SessionFileWriter.create(file, facts)) {
        int blocks = kept.map(SessionFacts.Kv::blocks).orElse(0);
        int written = write(writer, blocks, kept.map(SessionFacts.Kv::blockBytes).orElse(0));
        if (written == blocks) {
          writer.complete();
          return blocks * KvStore.BLOCK;
        }
        kept = kept.filter(whole -> written > 0).map(whole -> first(whole, written));
      }
    }
  }

  private static SessionFacts.Kv first(SessionFacts.Kv whole, int blocks) {
    int[] tokens = Arrays.copyOf(whole.tokens(), blocks * whole.blockTokens());
    return new SessionFacts.Kv(
        whole.fingerprint(), tokens, whole.blockTokens(), whole.blockBytes());
  }

  private static Optional<SessionFacts.Kv> kept(SessionKv kv) {
    try {
      int[] tokens = kv.tokens();
      Optional<String> fingerprint = tokens.length == 0 ? Optional.empty() : kv.fingerprint();
      int bytes = kv.store().map(KvStore::blockBytes).orElse(0);
      return fingerprint.map(text -> new SessionFacts.Kv(text, tokens, KvStore.BLOCK, bytes));
    } catch (EngineClosedException | EngineFailedException e) {
      LOGGER.log(System.Logger.Level.DEBUG, "A session is saved without keys and values", e);
      return Optional.empty();
    }
  }

  /** Returns how many blocks could be written. */
  private int write(SessionFileWriter writer, int blocks, int bytes) {
    byte[] block = new byte[bytes];
    for (int i = 0; i < blocks; i++) {
      if (!read(i * KvStore.BLOCK, block)) {
        return i;
      }
      writer.block(block);
    }
    return blocks;
  }

  private boolean read(int from, byte[] block) {
    try {
      return kv != null && kv.read(from, MemorySegment.ofArray(block));
    } catch (EngineClosedException | EngineFailedException e) {
      return false;
    }
  }
}
