package org.mlcengine.speculation;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.mlcengine.runtime.ForwardBatch;
import org.mlcengine.runtime.LanguageModel;
import org.mlcengine.runtime.Phase;
import org.mlcengine.sampling.Mt19937;
import org.mlcengine.sampling.Sampler;
import org.mlcengine.sampling.SamplingParams;

/**
 * Drafts the tokens that another model of the same vocabulary holds for the likeliest. That model
 * has a KV cache of its own, in which it keeps the sequences that it drafted for last.
 */
public final class DraftModel implements Drafter {
  private static final System.Logger LOGGER = System.getLogger(DraftModel.class.getName());

  /** Tokens of a sequence that are new to the model and computed in one step. */
  private static final int MOST_NEW = 256;

  private final LanguageModel model;
  private final int sequences;
  private final int window;
  private final int chunk;
  private final ForwardBatch batch = new ForwardBatch();
  private final int[] drafted = new int[1];
  private final Sampler likeliest;

  /** What the KV cache holds, by sequence, those that were used least recently first. */
  private final LinkedHashMap<Long, Held> held = new LinkedHashMap<>(16, 0.75f, true);

  private long nextId;
  private boolean failed;

  private static final class Held {
    private final long id;
    private int[] tokens = new int[64];
    private int length;

    Held(long id) {
      this.id = id;
    }

    void add(int[] from, int start, int count) {
      if (length + count > tokens.length) {
        tokens = Arrays.copyOf(tokens, Math.max(length + count, 2 * tokens.length));
      }
      System.arraycopy(from, start, tokens, length, count);
      length += count;
    }
  }

  /**
   * Creates a drafter, which closes its model.
   *
   * @param model of the same vocabulary as the model whose tokens are drafted
   * @param sequences how many it can keep
   * @param window the longest sequence
   * @param chunk how many tokens a prefill computes
   */
  public DraftModel(LanguageModel model, int sequences, int window, int chunk) {
    this.model = model;
    this.sequences = sequences;
    this.window = window;
    this.chunk = Math.min(chunk, MOST_NEW);
    likeliest = new Sampler(new SamplingParams(0, 1), model.vocabularySize(), new Mt19937(0));
  }

  @Override
  public boolean isFree() {
    return false;
  }

  @Override
  public void draft(long sequence, int[] tokens, int length, int most, Draft to) {
    if (failed || length + most > window) {
      return;
    }
    try {
      Held own = hold(sequence);
      // The last token is computed in any case, for what follows it.
      int same = Math.min(own.length, length - 1);
      int differs = Arrays.mismatch(own.tokens, 0, same, tokens, 0, same);
      truncate(own, differs < 0 ? same : differs);
      if (makeRoom(own, Math.min(length - own.length, MOST_NEW) + most)) {
        draft(own, tokens, length, most, to);
      }
    } catch (RuntimeException e) {
      // Replies do not depend on it, so they go on without.
      failed = true;
      LOGGER.log(System.Logger.Level.WARNING, "The draft model failed and is used no more", e);
    }
  }

  private void draft(Held own, int[] tokens, int length, int most, Draft to) {
    int goal = Math.min(length, own.length + MOST_NEW);
    int next = -1;
    while (own.length < goal) {
      next = compute(own, tokens, own.length, Math.min(chunk, goal - own.length));
    }
    if (goal < length) {
      return;
    }
    to.add(next);
    for (int i = 1; i < most; i++) {
      drafted[0] = next;
      next = compute(own, drafted, 0, 1);
      to.add(next);
    }
  }

  /** Appends tokens; returns the likeliest one after them. */
  private int compute(Held own, int[] tokens, int from, int count) {
    batch.clear();
    batch.phase(count == 1 ? Phase.DECODE : Phase.PREFILL);
    batch.add(own.id, tokens, from, count);
    MemorySegment logits = model.forward(batch);
    own.add(tokens, from, count);
    return likeliest.sample(logits);
  }

  private Held hold(long sequence) {
    Held own = held.get(sequence);
    if (own == null) {
      while (held.size() >= sequences) {
        dropOldest(held.entrySet().iterator());
      }
      own = new Held(nextId++);
      model.addSequence(own.id);
      held.put(sequence, own);
    }
    return own;
  }

  private void truncate(Held own, int length) {
    if (length < own.length) {
      model.truncateSequence(own.id, length);
      own.length = length;
    }
  }

  /** Frees pages for so many tokens more; returns whether there are enough. */
  private boolean makeRoom(Held own, int tokens) {
    int needed = model.morePages(own.length, tokens);
    while (model.freePages() < needed) {
      if (held.size() == 1) {
        return false;
      }
      // The oldest is another one, since this was looked up last.
      dropOldest(held.entrySet().iterator());
    }
    return true;
  }

  private void dropOldest(Iterator<Map.Entry<Long, Held>> entries) {
    model.removeSequence(entries.next().getValue().id);
    entries.remove();
  }

  @Override
  public void close() {
    model.close();
  }
}
