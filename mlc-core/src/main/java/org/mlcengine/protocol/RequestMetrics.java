package org.mlcengine.protocol;

import java.time.Duration;

/**
 * What one request cost, with MLC's definitions. A rate or a mean over nothing is 0.
 *
 * @param promptTokens tokens of the prompt
 * @param completionTokens tokens of the reply
 * @param prefillTokens tokens that were prefilled; fewer than the prompt's where a prefix was
 *     reused
 * @param decodeTokens tokens that came from decode steps: all but the first one
 * @param jumpForwardTokens tokens that a form's grammar left no choice of and that were not drawn
 * @param timeToFirstToken from submission to the end of prefill
 * @param endToEndLatency from submission to the end of the reply
 */
public record RequestMetrics(
    int promptTokens,
    int completionTokens,
    int prefillTokens,
    int decodeTokens,
    int jumpForwardTokens,
    Duration timeToFirstToken,
    Duration endToEndLatency) {

  /** Creates the cost of a request whose tokens were all drawn. */
  public RequestMetrics(
      int promptTokens,
      int completionTokens,
      int prefillTokens,
      int decodeTokens,
      Duration timeToFirstToken,
      Duration endToEndLatency) {
    this(
        promptTokens,
        completionTokens,
        prefillTokens,
        decodeTokens,
        0,
        timeToFirstToken,
        endToEndLatency);
  }

  /** Returns prefilled tokens per second until the first token. */
  public double prefillTokensPerSecond() {
    return ratio(prefillTokens, seconds(timeToFirstToken));
  }

  /** Returns decoded tokens per second after the first token. */
  public double decodeTokensPerSecond() {
    return ratio(decodeTokens, seconds(endToEndLatency.minus(timeToFirstToken)));
  }

  /** Returns the whole time divided by the tokens of the reply, in seconds. */
  public double interTokenLatencySeconds() {
    return ratio(seconds(endToEndLatency), completionTokens);
  }

  static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }

  private static double ratio(double dividend, double divisor) {
    return divisor > 0 ? dividend / divisor : 0;
  }
}
