package org.mlcengine.tokenizer.huggingface;

/** Holds all tokens back, and gives them on as one. */
final class FusedTokens implements DecoderStep.Tokens {
  private final DecoderStep.Tokens next;
  private final StringBuilder text = new StringBuilder();

  FusedTokens(DecoderStep.Tokens next) {
    this.next = next;
  }

  @Override
  public void accept(String token) {
    text.append(token);
  }

  @Override
  public void finish() {
    next.accept(text.toString());
    next.finish();
  }
}
