package org.mlcengine.protocol;

import java.util.Locale;

/** Who speaks in a message. */
public enum Role {
  /** Instructions that stand before the conversation. */
  SYSTEM,
  /** The person or program that asks. */
  USER,
  /** The model. */
  ASSISTANT,
  /** The result of a function that the model called. */
  TOOL;

  /** Returns the name in JSON, for instance {@code user}. */
  public String value() {
    return name().toLowerCase(Locale.ROOT);
  }
}
