package org.mlcengine.scheduler;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.mlcengine.runtime.ForwardBatch;
import org.mlcengine.runtime.LanguageModel;
import org.mlcengine.runtime.Phase;

/** Runs one forward pass and hands each sequence its next token. */
final class StepRunner {
  /**
   * A sequence that ended or failed in a step.
   *
   * @param end why it ended, or null if it failed
   * @param failure why it failed, or null if it ended
   */
  record Outcome(Sequence sequence, @Nullable EndReason end, @Nullable RuntimeException failure) {}

  private final LanguageModel model;
  private final LongSupplier clock;
  private final ForwardBatch batch = new ForwardBatch();
  private final List<Outcome> outcomes = new ArrayList<>();

  StepRunner(LanguageModel model, LongSupplier clock) {
    this.model = model;
    this.clock = clock;
  }

  /**
   * Computes what each sequence plans, and samples where nothing is left to compute.
   *
   * @return the sequences that ended, in the order of {@code sequences}; valid until the next call
   * @throws RuntimeException what the forward pass threw; the KV of all its sequences is lost
   */
  List<Outcome> run(List<Sequence> sequences, Phase phase) {
    outcomes.clear();
    batch.clear();
    batch.phase(phase);
    for (int i = 0; i < sequences.size(); i++) {
      Sequence sequence = sequences.get(i);
      batch.add(sequence.id(), sequence.tokens(), sequence.computed(), sequence.planned());
    }
    MemorySegment logits = model.forward(batch);
    long rowBytes = (long) model.vocabularySize() * Float.BYTES;
    for (int i = 0; i < sequences.size(); i++) {
      Sequence sequence = sequences.get(i);
      sequence.advance();
      if (sequence.pending() == 0) {
        Outcome outcome = next(sequence, logits.asSlice(i * rowBytes, rowBytes));
        if (outcome != null) {
          outcomes.add(outcome);
        }
      }
    }
    return outcomes;
  }

  /** Samples a sequence's next token; returns how it ended, or null if it goes on. */
  private @Nullable Outcome next(Sequence sequence, MemorySegment row) {
    try {
      int token = sequence.sampler().sample(row);
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
