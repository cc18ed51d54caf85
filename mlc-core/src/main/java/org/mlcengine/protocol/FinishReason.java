package org.mlcengine.protocol;

import java.util.Locale;

/** Why a reply ended. */
public enum FinishReason {
  /** The model ended its turn, or a stop string appeared. */
  STOP,
  /** The token limit or the end of the context was reached. */
  LENGTH,
  /** The model called functions. */
  TOOL_CALLS,
  /** The caller closed the stream. */
  ABORT,
  /** The reply could not be completed. */
  ERROR;

  /** Returns the name in JSON, for instance {@code tool_calls}. */
  public String value() {
    return name().toLowerCase(Locale.ROOT);
  }
}
