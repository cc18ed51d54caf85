package org.mlcengine.tokenizer.huggingface;

import org.mlcengine.tokenizer.StreamDecoder;

/** Decodes ids that arrive one at a time with the steps of a tokenizer's file. */
final class ChainStreamDecoder implements StreamDecoder {
  private final TokenTable tokens;
  private final StringBuilder text = new StringBuilder();
  private DecoderStep.Tokens chain;

  ChainStreamDecoder(TokenTable tokens) {
    this.tokens = tokens;
    this.chain = tokens.decoder().begin(text);
  }

  @Override
  public String append(int id) {
    String token = tokens.text(id);
    if (token != null) {
      chain.accept(token);
    }
    return take();
  }

  @Override
  public String finish() {
    chain.finish();
    chain = tokens.decoder().begin(text);
    return take();
  }

  private String take() {
    String taken = text.toString();
    text.setLength(0);
    return taken;
  }
}
