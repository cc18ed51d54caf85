package org.mlcengine.scheduler;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.mlcengine.runtime.LanguageModel;
import org.mlcengine.scheduler.PrefixTree.Holder;
import org.mlcengine.scheduler.PrefixTree.Match;

/**
 * The sequences of the KV cache: those that run, and those that have ended and are kept, since
 * another prompt may begin like theirs. Of a kept one only whole blocks of its prompt stay; the
 * least recently used goes first. What a reply added is not shared: a decode gives its keys other
 * bits than a prefill would.
 */
final class PrefixCache {
  private final LanguageModel model;
  private final int maxKept;
  private final PrefixTree tree = new PrefixTree();
  private final Map<Long, Holder> running = new HashMap<>();
  private final LinkedHashMap<Long, Holder> kept = new LinkedHashMap<>();
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
    return kept.size();
  }

  /** Finds what a sequence's prompt shares with one that is there; its last token never is. */
  Match find(Sequence sequence) {
    return maxKept == 0
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
    } else if (kept.containsKey(source.id()) && source.length() == match.length()) {
      id = source.id();
      kept.remove(id);
      tree.remove(source);
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
    Match other = tree.find(key, sequence.tokens(), length);
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

  /** Frees a sequence's KV. */
  void drop(Sequence sequence) {
    drop(sequence, true);
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
   * Frees the kept sequence that was used least recently.
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
