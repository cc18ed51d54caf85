package org.mlcengine.scheduler;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.mlcengine.runtime.ForwardBatch;
import org.mlcengine.runtime.LanguageModel;
import org.mlcengine.runtime.Phase;

/** Runs one forward pass and hands each sequence its next tokens. */
final class StepRunner {
  /**
   * A sequence that ended or failed in a step.
   *
   * @param end why it ended, or null if it failed
   * @param failure why it failed, or null if it ended
   */
  record Outcome(Sequence sequence, @Nullable EndReason end, @Nullable RuntimeException failure) {}

  /** No token. */
  private static final int NONE = -1;

  private final LanguageModel model;
  private final LongSupplier clock;
  private final ForwardBatch batch = new ForwardBatch();
  private final List<Outcome> outcomes = new ArrayList<>();
  private MemorySegment logits = MemorySegment.NULL;
  private int kept;

  StepRunner(LanguageModel model, LongSupplier clock) {
    this.model = model;
    this.clock = clock;
  }

  /**
   * Computes what each sequence plans.
   *
   * @throws RuntimeException what the forward pass threw; the KV of all its sequences is lost
   */
  void compute(List<Sequence> sequences, Phase phase) {
    batch.clear();
    batch.phase(phase);
    for (int i = 0; i < sequences.size(); i++) {
      Sequence sequence = sequences.get(i);
      batch.add(sequence.id(), sequence.tokens(), sequence.computed(), sequence.planned());
    }
    logits = model.forward(batch);
  }

  /**
   * Samples where nothing is left to compute, after {@link #compute}. Of drafted tokens those stay
   * that are sampled; the KV of the others is dropped.
   *
   * @return the sequences that ended, in the order of {@code sequences}; valid until the next call
   */
  List<Outcome> sample(List<Sequence> sequences) {
    outcomes.clear();
    kept = 0;
    int row = 0;
    for (int i = 0; i < sequences.size(); i++) {
      Sequence sequence = sequences.get(i);
      boolean decode = batch.phase() == Phase.DECODE;
      Outcome outcome = decode ? decoded(sequence, row) : prefilled(sequence, row);
      row += decode ? sequence.planned() : 1;
      if (outcome != null) {
        outcomes.add(outcome);
      }
    }
    return outcomes;
  }

  /** Returns how many tokens of the last pass have stayed in the KV cache. */
  int kept() {
    return kept;
  }

  private @Nullable Outcome prefilled(Sequence sequence, int row) {
    advance(sequence, sequence.planned());
    return sequence.pending() == 0 ? next(sequence, row) : null;
  }

  /** The rows follow one token each, from {@code row} on. */
  private @Nullable Outcome decoded(Sequence sequence, int row) {
    int planned = sequence.planned();
    int before = sequence.computed();
    Outcome outcome = null;
    int count = 0;
    boolean right = true;
    while (right && count < planned) {
      count++;
      int place = before + count;
      if (place == sequence.length()) {
        int drafted = count < planned ? sequence.tokens()[place] : NONE;
        outcome = next(sequence, row + count - 1);
        right = outcome == null && sequence.tokens()[place] == drafted;
      }
    }
    advance(sequence, count);
    if (count < planned) {
      model.truncateSequence(sequence.id(), before + count);
    }
    return outcome;
  }

  private void advance(Sequence sequence, int count) {
    sequence.advance(count);
    kept += count;
  }

  /** Samples a sequence's next token; returns how it ended, or null if it goes on. */
  private @Nullable Outcome next(Sequence sequence, int row) {
    long bytes = (long) model.vocabularySize() * Float.BYTES;
    try {
      int token = sequence.sampler().sample(logits.asSlice(row * bytes, bytes));
      sequence.append(token, clock.getAsLong());
      if (!sequence.listener().onToken(token)) {
        return new Outcome(sequence, EndReason.STOP, null);
      }
    } catch (RuntimeException e) {
      return new Outcome(sequence, null, e);
    }
    return sequence.atMaxLength() ? new Outcome(sequence, EndReason.LENGTH, null) : null;
  }
}
