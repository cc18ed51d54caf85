package org.mlcengine.session;

import java.util.List;
import java.util.Optional;
import org.mlcengine.protocol.ChatMessage;

/**
 * What a session's file says of it.
 *
 * @param id its name
 * @param messages the conversation; none before the first turn
 * @param kv what the blocks behind are; empty without blocks
 */
public record SessionFacts(String id, List<ChatMessage> messages, Optional<Kv> kv) {
  /** Copies the list. */
  public SessionFacts {
    messages = List.copyOf(messages);
  }

  /**
   * Keys and values of the conversation's first tokens, in blocks.
   *
   * @param fingerprint of the model that they belong to
   * @param tokens whose they are, at least 1; a whole number of blocks
   * @param blockTokens tokens of a block
   * @param blockBytes bytes of a block
   */
  public record Kv(String fingerprint, int[] tokens, int blockTokens, int blockBytes) {
    /** Returns how many blocks the tokens fill. */
    public int blocks() {
      return tokens.length / blockTokens;
    }
  }
}
