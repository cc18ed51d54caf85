package org.mlcengine.runtime;

/**
 * What is open while an engine has it. Not thread-safe: the thread that opened a model makes every
 * call, {@link #close} included.
 */
public interface Model extends AutoCloseable {
  /** Returns how long forward passes have spent in native code so far, in nanoseconds. */
  default long nativeNanos() {
    return 0;
  }

  /** Frees the model's memory. Closing again does nothing. */
  @Override
  void close();
}
