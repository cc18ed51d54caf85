package org.mlcengine.runtime;

import org.mlcengine.bindings.TvmCall;

/** Invokes native functions and sums up how long they take. */
final class NativeTime {
  private long nanos;

  void invoke(TvmCall call) {
    long start = System.nanoTime();
    try {
      call.invoke();
    } finally {
      nanos += System.nanoTime() - start;
    }
  }

  /** Returns the nanoseconds of all invocations so far. */
  long nanos() {
    return nanos;
  }
}
