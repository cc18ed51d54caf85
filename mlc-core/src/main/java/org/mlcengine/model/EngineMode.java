package org.mlcengine.model;

/** How an engine is used, from which its limits are inferred. */
public enum EngineMode {
  /** A few sequences at once, a modest cache. */
  LOCAL,
  /** One sequence, as long as the model and the memory allow. */
  INTERACTIVE,
  /** As many and as long sequences as the library and the memory allow. */
  SERVER
}
