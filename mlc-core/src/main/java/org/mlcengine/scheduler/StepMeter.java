package org.mlcengine.scheduler;

/** Sums up steps of one kind: written by the engine thread, read by any. */
final class StepMeter {
  private long steps;
  private long tokens;
  private long nanos;
  private long nativeNanos;

  synchronized void add(long stepTokens, long stepNanos, long stepNativeNanos) {
    steps++;
    tokens += stepTokens;
    nanos += stepNanos;
    nativeNanos += stepNativeNanos;
  }

  synchronized StepTimes times() {
    return new StepTimes(steps, tokens, nanos, nativeNanos);
  }
}
