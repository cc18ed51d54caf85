package org.mlcengine.runtime;

import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * A language model with a paged KV cache, as the scheduler sees it: sequences of tokens that grow,
 * and logits of their positions.
 */
public interface LanguageModel extends Model {
  /** Returns the number of logits in a row. */
  int vocabularySize();

  /**
   * Returns the number of KV pages. A sequence of {@code n} tokens holds {@code ceil(n / pageSize)}
   * of them, some of which others may hold as well after a fork.
   */
  int pages();

  /** Returns the number of KV pages that no sequence holds. */
  int freePages();

  /** Returns the number of tokens in a KV page. */
  int pageSize();

  /** Returns how many pages a sequence of {@code length} tokens needs for {@code more} of them. */
  default int morePages(int length, int more) {
    return Math.ceilDiv(length + more, pageSize()) - Math.ceilDiv(length, pageSize());
  }

  /**
   * Makes room for a new, empty sequence.
   *
   * @param id a number that no present sequence has
   */
  void addSequence(long id);

  /**
   * Adds a sequence that begins with the first tokens of another. The two share the pages that
   * these fill, as long as either is there; the tokens of a page that they do not fill are copied,
   * which takes a page.
   *
   * @param parent a sequence
   * @param child a number that no present sequence has
   * @param length how many tokens, at most as many as the parent has
   */
  void forkSequence(long parent, long child, int length);

  /** Drops a sequence's tokens behind the first {@code length}, and the pages of them alone. */
  void truncateSequence(long id, int length);

  /** Removes a sequence and frees the pages that no other one holds. */
  void removeSequence(long id);

  /**
   * Returns how many tokens a decode may have in all in which an entry has several; 0 if each may
   * have but one.
   */
  int mostVerified();

  /**
   * Appends the tokens of each entry to its sequence and computes the logits that follow: after a
   * {@linkplain Phase#PREFILL prefill} those that follow the last token of each entry, after a
   * {@linkplain Phase#DECODE decode} those that follow each token.
   *
   * <p>In one {@linkplain ForwardBatch#phase() phase} the logits of an entry depend, to the bit, on
   * its sequence alone: on the tokens, and on which of them were appended in which phase. Neither
   * the other entries, nor how the tokens were cut into passes, nor forks play a part, where the
   * natives' own kernels run on one machine.
   *
   * <p>After an exception the sequences of the batch are in an undefined state; remove them.
   *
   * @return float32 [batch.logitRows(), vocabularySize()], in the order of the entries and their
   *     tokens. It may be modified, and is valid until the next call.
   */
  MemorySegment forward(ForwardBatch batch);

  /**
   * Returns what copies keys and values out of the KV cache and back; empty where the model library
   * or the natives offer no way.
   */
  default Optional<KvStore> kvStore() {
    return Optional.empty();
  }
}
