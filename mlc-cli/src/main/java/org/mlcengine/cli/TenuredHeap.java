package org.mlcengine.cli;

/** What {@link GarbageWatch} asks of a Java heap. */
interface TenuredHeap {
  /** Bytes that the program has allocated since it started. */
  long allocated();

  /** Bytes that are in use, garbage included. */
  long used();

  /** Bytes of those that lie in the old generation. */
  long tenured();

  /** Collects all garbage. */
  void collect();

  /** Sets from how many bytes in the old generation on the watch is to be called. */
  void setThreshold(long bytes);
}
