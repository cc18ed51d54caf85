package org.mlcengine.runtime;

import java.lang.foreign.MemorySegment;

/**
 * Copies keys and values of sequences out of the KV cache and back into it, in blocks of {@link
 * #BLOCK} tokens. What comes back has the same bits. Belongs to the thread that owns the model, but
 * for {@link #fingerprint} and {@link #blockBytes}.
 */
public interface KvStore {
  /** Tokens of a block, by which a sequence's tokens are cut from its first one on. */
  int BLOCK = 64;

  /**
   * Returns a text that differs wherever the same tokens may have other keys and values: for other
   * weights, another model library, other natives or another instruction set.
   *
   * @throws java.io.UncheckedIOException if a file of the model cannot be read any more
   */
  String fingerprint();

  /** Returns the bytes of a block. */
  int blockBytes();

  /**
   * Copies a block out of the cache.
   *
   * @param id a sequence that has the tokens
   * @param from the block's first token, a multiple of {@link #BLOCK}
   * @param target as many bytes as a block has: the keys of all layers, then their values, each
   *     [layers, BLOCK, key heads, head size]
   */
  void read(long id, int from, MemorySegment target);

  /**
   * Appends a block to a sequence of whole blocks, as a prefill of its tokens did that computed it.
   * There must be free pages for it.
   *
   * @param source what {@link #read} has copied
   */
  void append(long id, MemorySegment source);
}
