package org.mlcengine;

/** How the limits that were not set are inferred; the names and meanings are MLC's. */
public enum EngineMode {
  /** A few requests at once: at most 4 sequences and 8,192 tokens in all. */
  LOCAL,
  /** One request at a time, with as long a context as the model and the memory allow. */
  INTERACTIVE,
  /** As many sequences and tokens as the library and the memory allow. */
  SERVER
}
