package org.mlcengine.scheduler;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.mlcengine.runtime.LanguageModel;
import org.mlcengine.scheduler.PrefixTree.Holder;
import org.mlcengine.scheduler.PrefixTree.Match;

/**
 * The sequences of the KV cache: those that run, and those that have ended and are kept, since
 * another prompt may begin like theirs. Of a kept one only whole blocks of its prompt stay; the
 * least recently used goes first, and pinned ones after all others. What a reply added is not
 * shared: a decode gives its keys other bits than a prefill would.
 */
final class PrefixCache {
  private final LanguageModel model;
  private final int maxKept;
  private final PrefixTree tree = new PrefixTree();
  private final Map<Long, Holder> running = new HashMap<>();
  private final LinkedHashMap<Long, Holder> kept = new LinkedHashMap<>();
  private final LinkedHashMap<KvPin, Holder> pinned = new LinkedHashMap<>();
  private long nextId;

  /**
   * Creates an empty cache.
   *
   * @param maxKept how many ended sequences may be kept
   */
  PrefixCache(LanguageModel model, int maxKept) {
    this.model = model;
    this.maxKept = maxKept;
  }

  /** Returns how many ended sequences are kept. */
  int keptCount() {
    return kept.size() + pinned.size();
  }

  /** Finds what a sequence's prompt shares with one that is there; its last token never is. */
  Match find(Sequence sequence) {
    return maxKept == 0 && sequence.terms().pin() == null
        ? new Match(null, 0, 0)
        : tree.find(sequence.terms().cacheKey(), sequence.tokens(), sequence.promptLength() - 1);
  }

  /** Gives a sequence its place, with what it shares. */
  void start(Sequence sequence, Match match) {
    Holder source = match.holder();
    long id;
    if (source == null) {
      id = nextId++;
      model.addSequence(id);
    } else if (source.length() == match.length() && isKept(source, sequence.terms().pin())) {
      id = source.id();
      forget(source, sequence.terms().pin());
    } else {
      id = nextId++;
      model.forkSequence(source.id(), id, match.length());
      touch(source);
    }
    sequence.admit(id, match.length());
    Holder holder =
        tree.add(id, sequence.terms().cacheKey(), sequence.tokens(), sequence.promptLength());
    holder.ready(match.length());
    running.put(id, holder);
  }

  /** More of a sequence's prompt is computed. */
  void computed(Sequence sequence) {
    holder(sequence).ready(Math.min(sequence.computed(), sequence.promptLength()));
  }

  /** A sequence has ended: keeps its prompt, unless another sequence has all of that. */
  void keep(Sequence sequence) {
    Holder holder = holder(sequence);
    int length = holder.ready() / PrefixTree.BLOCK * PrefixTree.BLOCK;
    drop(sequence, false);
    String key = sequence.terms().cacheKey();
    KvPin pin = sequence.terms().pin();
    Match other = tree.find(key, sequence.tokens(), length);
    if (pin != null) {
      pin(pin, holder.id(), sequence.tokens(), other.length() == length ? 0 : length);
      return;
    }
    if (maxKept == 0 || length == 0 || other.length() == length) {
      touch(other.holder());
      model.removeSequence(holder.id());
      return;
    }
    model.truncateSequence(holder.id(), length);
    Holder shorter = tree.add(holder.id(), key, sequence.tokens(), length);
    shorter.ready(length);
    kept.put(shorter.id(), shorter);
    if (kept.size() > maxKept) {
      evictOldest(null);
    }
  }

  /** Keeps a sequence for a pin in place of the one before; removes it if that has all of it. */
  private void pin(KvPin pin, long id, int[] tokens, int length) {
    if (length == 0 || pin.released()) {
      model.removeSequence(id);
      return;
    }
    release(pin);
    model.truncateSequence(id, length);
    hold(pin, id, tokens, length);
  }

  /** Returns the tokens that are kept for a pin. */
  int[] pinnedTokens(KvPin pin) {
    Holder holder = pinned.get(pin);
    return holder == null ? new int[0] : holder.tokens();
  }

  private void hold(KvPin pin, long id, int[] tokens, int length) {
    Holder holder = tree.add(id, pin.key(), tokens, length);
    holder.ready(length);
    pinned.put(pin, holder);
    pin.length(length);
  }

  /** Frees what is kept for a pin. */
  void release(KvPin pin) {
    Holder holder = pinned.get(pin);
    if (holder != null) {
      forget(holder, pin);
      pin.length(0);
      model.removeSequence(holder.id());
    }
  }

  /** Returns the sequence whose first {@code length} tokens are kept for a pin; -1 without one. */
  long pinnedId(KvPin pin, int length) {
    Holder holder = pinned.get(pin);
    return holder == null || holder.length() < length ? -1 : holder.id();
  }

  /**
   * Adds a block to what is kept for a pin.
   *
   * @param from where the block begins; what is kept ends there
   * @param append appends the block to a sequence
   * @return whether what comes before is still kept, and there is room that no other pin holds
   */
  boolean append(KvPin pin, int[] tokens, int from, LongConsumer append) {
    Holder before = pinned.get(pin);
    if ((before == null ? 0 : before.length()) != from || pin.released()) {
      return false;
    }
    while (model.freePages() < PrefixTree.BLOCK / model.pageSize()) {
      if (kept.isEmpty() || !evictOldest(null)) {
        return false;
      }
    }
    long id;
    if (before == null) {
      id = nextId++;
      model.addSequence(id);
    } else {
      id = before.id();
      forget(before, pin);
    }
    try {
      append.accept(id);
    } catch (RuntimeException e) {
      pin.length(0);
      model.removeSequence(id);
      throw e;
    }
    hold(pin, id, tokens, from + PrefixTree.BLOCK);
    return true;
  }

  private boolean isKept(Holder holder, @Nullable KvPin pin) {
    return pin == null ? kept.containsKey(holder.id()) : pinned.get(pin) == holder;
  }

  /** Forgets a sequence that is kept, and leaves its KV. */
  private void forget(Holder holder, @Nullable KvPin pin) {
    tree.remove(holder);
    if (pin == null) {
      kept.remove(holder.id());
    } else {
      pinned.remove(pin);
    }
  }

  /** Frees a sequence's KV. */
  void drop(Sequence sequence) {
    drop(sequence, true);
    KvPin pin = sequence.terms().pin();
    if (pin != null && !pinned.containsKey(pin)) {
      pin.length(0);
    }
  }

  private void drop(Sequence sequence, boolean free) {
    Holder holder = holder(sequence);
    running.remove(holder.id());
    tree.remove(holder);
    if (free) {
      model.removeSequence(holder.id());
    }
  }

  /**
   * Frees the kept sequence that was used least recently; a pinned one if there are no others.
   *
   * @param except stays
   * @return whether there was one
   */
  boolean evictOldest(@Nullable Holder except) {
    for (Holder holder : kept.values()) {
      if (holder != except) {
        kept.remove(holder.id());
        tree.remove(holder);
        model.removeSequence(holder.id());
        return true;
      }
    }
    for (Map.Entry<KvPin, Holder> entry : pinned.entrySet()) {
      if (entry.getValue() != except) {
        release(entry.getKey());
        return true;
      }
    }
    return false;
  }

  private void touch(@Nullable Holder holder) {
    if (holder != null && kept.remove(holder.id()) != null) {
      kept.put(holder.id(), holder);
    }
  }

  private Holder holder(Sequence sequence) {
    Holder holder = running.get(sequence.id());
    if (holder == null) {
      throw new IllegalStateException("The KV cache has no sequence " + sequence.id());
    }
    return holder;
  }
}
