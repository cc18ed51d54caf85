package org.mlcengine.scheduler;

import java.util.UUID;

/**
 * What keeps one conversation's prompt in the KV cache: sequences with this pin share with each
 * other alone, and what the last of them computed stays, until it is released or pages are needed
 * that nothing else can give.
 */
public final class KvPin {
  private final String key = "pin " + UUID.randomUUID();
  private volatile boolean released;
  private volatile int length;

  /** Returns a cache key that no other sequences have. */
  String key() {
    return key;
  }

  void release() {
    released = true;
  }

  boolean released() {
    return released;
  }

  /** Returns how many tokens are kept. */
  int length() {
    return length;
  }

  void length(int tokens) {
    length = tokens;
  }
}
