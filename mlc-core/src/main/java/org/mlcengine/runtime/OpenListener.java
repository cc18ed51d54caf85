package org.mlcengine.runtime;

/** Hears how far the opening of a model has come. Called on the thread that opens it. */
public interface OpenListener {
  /** Checksums of so many bytes of the weights were verified; may be called by several threads. */
  void verified(long bytes, long total);

  /** So many bytes of the weights are in memory. */
  void loaded(long bytes, long total);
}
