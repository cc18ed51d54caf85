package org.mlcengine.tokenizer.huggingface;

import java.util.List;

/**
 * All that is done to a text before it is split.
 *
 * @param steps what is done, in order
 */
record Normalization(List<TextNormalizer> steps) {
  /** Returns the normalized text. */
  String normalize(String text) {
    String normalized = text;
    for (TextNormalizer step : steps) {
      normalized = step.normalize(normalized);
    }
    return normalized;
  }
}
