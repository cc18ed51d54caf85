package org.mlcengine.scheduler;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mlcengine.runtime.LanguageModel;
import org.mlcengine.scheduler.PrefixTree.Match;

/** Pages of the KV cache: how many are needed, and how kept sequences make room for them. */
final class KvRoom {
  private final LanguageModel model;
  private final PrefixCache cache;

  KvRoom(LanguageModel model, PrefixCache cache) {
    this.model = model;
    this.cache = cache;
  }

  /** Makes room for what the batch's sequences plan; returns whether there is. */
  boolean forPlans(List<Sequence> batch) {
    int needed = 0;
    for (int i = 0; i < batch.size(); i++) {
      Sequence sequence = batch.get(i);
      needed += model.morePages(sequence.computed(), sequence.planned());
    }
    while (model.freePages() < needed) {
      if (!cache.evictOldest(null)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Makes room for one more sequence beside those that run, up to its next token.
   *
   * @param match what it would share
   * @return what it can share where there is room; null if there is none
   */
  @Nullable Match forOneMore(List<Sequence> running, Sequence sequence, Match match) {
    int others = 0;
    for (int i = 0; i < running.size(); i++) {
      others += model.morePages(running.get(i).computed(), running.get(i).pending() + 1);
    }
    Match shared = match;
    while (true) {
      int own = model.morePages(shared.length(), sequence.length() + 1 - shared.length());
      if (running.isEmpty() && shared.holder() == null && cache.keptCount() == 0
          || model.freePages() >= others + own) {
        return shared;
      }
      if (!cache.evictOldest(shared.holder())) {
        if (shared.holder() == null || !cache.evictOldest(null)) {
          return null;
        }
        shared = cache.find(sequence);
      }
    }
  }
}
