package org.mlcengine.runtime;

/** Hears how far the opening of a model has come. May be called by several threads. */
public interface OpenListener {
  /** Takes no notice. */
  OpenListener NONE =
      new OpenListener() {
        @Override
        public void verified(long bytes, long total) {}

        @Override
        public void loaded(long bytes, long total) {}
      };

  /** Checksums of so many bytes of the weights were verified. */
  void verified(long bytes, long total);

  /** So many bytes of the weights are in memory. */
  void loaded(long bytes, long total);
}
