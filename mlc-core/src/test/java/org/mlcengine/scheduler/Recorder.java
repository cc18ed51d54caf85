package org.mlcengine.scheduler;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Keeps what a sequence reports; stops after a given token. */
class Recorder implements SequenceListener {
  final List<Integer> tokens = new ArrayList<>();
  @Nullable EndReason end;
  SequenceTimes times = new SequenceTimes(0, 0, 0, 0, 0, 0, 0);
  @Nullable RuntimeException failure;
  boolean room = true;
  int stopAt = -1;

  static int argmax(MemorySegment logits) {
    int best = 0;
    for (int i = 1; i < logits.byteSize() / Float.BYTES; i++) {
      if (logits.getAtIndex(JAVA_FLOAT, i) > logits.getAtIndex(JAVA_FLOAT, best)) {
        best = i;
      }
    }
    return best;
  }

  Sequence sequence(int maxTokens, int... prompt) {
    return new Sequence(prompt, maxTokens, Recorder::argmax, this);
  }

  Sequence sequence(Terms terms, int maxTokens, int... prompt) {
    return new Sequence(prompt, maxTokens, Recorder::argmax, this, terms);
  }

  @Override
  public boolean onToken(int token) {
    tokens.add(token);
    return token != stopAt;
  }

  @Override
  public void onEnd(EndReason reason, SequenceTimes sequenceTimes) {
    requireOpen();
    end = reason;
    times = sequenceTimes;
  }

  @Override
  public void onFailure(RuntimeException cause) {
    requireOpen();
    failure = cause;
  }

  @Override
  public boolean hasRoom() {
    return room;
  }

  private void requireOpen() {
    if (end != null || failure != null) {
      throw new AssertionError("ended twice");
    }
  }
}
