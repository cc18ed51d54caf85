package org.mlcengine.tokenizer;

/** Decodes the bytes of tokens as UTF-8, as {@link Utf8Decoder} does. */
public final class Utf8StreamDecoder implements StreamDecoder {
  private final Tokenizer tokenizer;
  private final Utf8Decoder decoder = new Utf8Decoder();

  /** Makes a decoder of a tokenizer's ids. */
  public Utf8StreamDecoder(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  @Override
  public String append(int id) {
    StringBuilder text = new StringBuilder();
    append(id, text);
    return text.toString();
  }

  @Override
  public String finish() {
    StringBuilder text = new StringBuilder();
    finish(text);
    return text.toString();
  }

  /** Appends the text that became certain with this id. */
  public void append(int id, StringBuilder text) {
    decoder.append(tokenizer.tokenBytes(id), text);
  }

  /** Appends what was held back, and begins anew. */
  public void finish(StringBuilder text) {
    decoder.finish(text);
  }
}
