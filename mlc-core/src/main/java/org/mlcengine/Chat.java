package org.mlcengine;

/** The chat part of the API, as OpenAI's clients name it. */
public final class Chat {
  private final ChatCompletions completions;

  Chat(ChatCompletions completions) {
    this.completions = completions;
  }

  /** Returns the chat completions of this engine. */
  public ChatCompletions completions() {
    return completions;
  }
}
