package org.mlcengine.generation;

/** Why a reply ended. */
public enum StopReason {
  /** The model gave a stop id, or its text a stop string. */
  STOP,
  /** The reply reached a limit on its length. */
  LENGTH,
  /** The caller gave the reply up. */
  ABORT
}
