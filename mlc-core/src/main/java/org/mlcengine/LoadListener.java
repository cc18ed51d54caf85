package org.mlcengine;

/**
 * Hears how far the loading of a model has come. May be called by several threads. What it throws
 * ends the loading; it cannot close, unload or reload the engine, which waits for the loading.
 */
@FunctionalInterface
public interface LoadListener {
  /** What is being done. */
  enum Phase {
    /** Checksums of the weights are verified; only when the files are new or have changed. */
    CHECK,
    /** Weights are read into memory. */
    WEIGHTS
  }

  /**
   * Something more was done.
   *
   * @param phase what is being done
   * @param done bytes that are done
   * @param total bytes in all
   */
  void onProgress(Phase phase, long done, long total);
}
