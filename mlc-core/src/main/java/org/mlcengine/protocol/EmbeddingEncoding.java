package org.mlcengine.protocol;

import java.util.Locale;

/** How JSON writes a vector. */
public enum EmbeddingEncoding {
  /** As a list of numbers. */
  FLOAT,
  /** As base64 of 32-bit floating-point numbers, little-endian. */
  BASE64;

  /** Returns OpenAI's name: {@code float} or {@code base64}. */
  public String value() {
    return name().toLowerCase(Locale.ROOT);
  }
}
