package org.mlcengine.errors;

/** A prompt does not fit into the context. Nothing was cut; the engine stays usable. */
public final class ContextLengthExceededException extends MLCException {
  private final String parameter;
  private final int promptTokens;
  private final int maxInputTokens;

  /**
   * Creates an exception for a conversation.
   *
   * @param promptTokens the prompt's length in tokens
   * @param maxInputTokens the longest prompt that this engine takes, in tokens
   */
  public ContextLengthExceededException(int promptTokens, int maxInputTokens) {
    super(
        "The prompt has %d tokens; this engine takes at most %d. Shorten the messages, or build the"
                .formatted(promptTokens, maxInputTokens)
            + " engine with a larger contextWindowSize if the model allows it.");
    this.parameter = "messages";
    this.promptTokens = promptTokens;
    this.maxInputTokens = maxInputTokens;
  }

  /**
   * Creates an exception for a text.
   *
   * @param parameter the text's place in the request, for instance {@code input[3]}
   * @param tokens the text's length in tokens
   * @param maxInputTokens the longest text that this engine takes, in tokens
   */
  public ContextLengthExceededException(String parameter, int tokens, int maxInputTokens) {
    super(
        "%s has %d tokens; this engine takes at most %d. Shorten it, or build the engine with a"
                .formatted(parameter, tokens, maxInputTokens)
            + " larger contextWindowSize if the model allows it.");
    this.parameter = parameter;
    this.promptTokens = tokens;
    this.maxInputTokens = maxInputTokens;
  }

  /**
   * Returns the parameter that is too long, by its name in the API: {@code messages}, {@code
   * prompt}, or the place of a text such as {@code input[3]}.
   */
  public String parameter() {
    return parameter;
  }

  /** Returns the prompt's length in tokens. */
  public int promptTokens() {
    return promptTokens;
  }

  /** Returns the longest prompt that the engine takes, in tokens. */
  public int maxInputTokens() {
    return maxInputTokens;
  }
}
