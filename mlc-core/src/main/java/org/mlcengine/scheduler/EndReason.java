package org.mlcengine.scheduler;

/** Why a sequence ended. */
public enum EndReason {
  /** Its listener asked for no more tokens. */
  STOP,
  /** It has as many tokens as it may have. */
  LENGTH,
  /** It was cancelled. */
  ABORT
}
