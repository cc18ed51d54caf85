package org.mlcengine.cli;

import org.jspecify.annotations.Nullable;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import picocli.CommandLine.Option;

/** The options that say how a reply is generated; what is not given is the model's default. */
final class SamplingOptions {
  @Option(
      names = "--temperature",
      paramLabel = "T",
      description = "0 always takes the likeliest token. Default: the model's.")
  private @Nullable Double temperature;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description = "Sample from the likeliest tokens with this probability in all.")
  private @Nullable Double topP;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description = "Longest reply in tokens. Default: up to the end of the context.")
  private @Nullable Integer maxTokens;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "The same seed gives the same reply. Default: a new one each time.")
  private @Nullable Long seed;

  ChatCompletionCreateParams.Builder request() {
    ChatCompletionCreateParams.Builder request = ChatCompletionCreateParams.builder();
    if (temperature != null) {
      request.temperature(temperature);
    }
    if (topP != null) {
      request.topP(topP);
    }
    if (maxTokens != null) {
      request.maxTokens(maxTokens);
    }
    if (seed != null) {
      request.seed(seed);
    }
    return request;
  }
}
