package org.mlcengine.tokenizer.huggingface;

import org.mlcengine.tokenizer.Utf8Decoder;

/** Decodes tokens in the byte alphabet; what it gives on are parts of one token. */
final class ByteTokens implements DecoderStep.Tokens {
  private final DecoderStep.Tokens next;
  private final Utf8Decoder decoder = new Utf8Decoder();
  private final StringBuilder text = new StringBuilder();

  ByteTokens(DecoderStep.Tokens next) {
    this.next = next;
  }

  @Override
  public void accept(String token) {
    decoder.append(ByteAlphabet.read(token), text);
    give();
  }

  @Override
  public void finish() {
    decoder.finish(text);
    give();
    next.finish();
  }

  private void give() {
    next.accept(text.toString());
    text.setLength(0);
  }
}
