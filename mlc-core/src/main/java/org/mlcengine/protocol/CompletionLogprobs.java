package org.mlcengine.protocol;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * How probable a text completion's tokens were: lists with one entry for each token, in order.
 *
 * @param tokens the tokens' texts
 * @param tokenLogprobs the natural logarithms of their probabilities; empty where a reply of
 *     OpenAI's has none, which is the first token of an echoed prompt; an engine's always has one
 * @param topLogprobs the likeliest tokens in each place and their logarithms, the likeliest first;
 *     no entries at all if the request asked for none
 * @param textOffset where each token begins in the text, in Unicode code points
 */
public record CompletionLogprobs(
    List<String> tokens,
    List<OptionalDouble> tokenLogprobs,
    List<Map<String, Double>> topLogprobs,
    List<Integer> textOffset) {

  /**
   * Copies the lists.
   *
   * @throws IllegalArgumentException if their lengths differ
   */
  public CompletionLogprobs {
    tokens = List.copyOf(tokens);
    tokenLogprobs = List.copyOf(tokenLogprobs);
    topLogprobs = topLogprobs.stream().map(CompletionLogprobs::copy).toList();
    textOffset = List.copyOf(textOffset);
    if (tokenLogprobs.size() != tokens.size()
        || textOffset.size() != tokens.size()
        || !(topLogprobs.isEmpty() || topLogprobs.size() == tokens.size())) {
      throw new IllegalArgumentException(
          "Expected lists of one length, found %d, %d, %d and %d entries"
              .formatted(
                  tokens.size(), tokenLogprobs.size(), topLogprobs.size(), textOffset.size()));
    }
  }

  private static Map<String, Double> copy(Map<String, Double> entries) {
    return Collections.unmodifiableMap(new LinkedHashMap<>(entries));
  }
}
