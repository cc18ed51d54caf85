package org.mlcengine.scheduler;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.mlcengine.errors.EngineFailedException;
import org.mlcengine.runtime.ForwardBatch;
import org.mlcengine.runtime.LanguageModel;

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

  StepRunner(LanguageModel model, LongSupplier clock) {
    this.model = model;
    this.clock = clock;
  }

  /** Computes a sequence's next {@code count} tokens, and samples if none are left to compute. */
  List<Outcome> prefill(Sequence sequence, int count) {
    return run(List.of(sequence), count);
  }

  /** Computes the last token of each sequence and samples the next. */
  List<Outcome> decode(List<Sequence> sequences) {
    return run(sequences, 1);
  }

  private List<Outcome> run(List<Sequence> sequences, int count) {
    batch.clear();
    for (Sequence sequence : sequences) {
      batch.add(sequence.id(), sequence.tokens(), sequence.computed(), count);
    }
    MemorySegment logits;
    try {
      logits = model.forward(batch);
    } catch (RuntimeException e) {
      return failed(sequences, e);
    }
    List<Outcome> outcomes = new ArrayList<>();
    long rowBytes = (long) model.vocabularySize() * Float.BYTES;
    for (int i = 0; i < sequences.size(); i++) {
      Sequence sequence = sequences.get(i);
      sequence.advance(count);
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

  private static List<Outcome> failed(List<Sequence> sequences, RuntimeException cause) {
    EngineFailedException failure =
        new EngineFailedException("The forward pass failed: " + cause.getMessage(), cause);
    return sequences.stream().map(sequence -> new Outcome(sequence, null, failure)).toList();
  }
}
