package org.mlcengine;

import org.mlcengine.tokenizer.StreamDecoder;

/** Writes a letter for each token. */
class Letters implements StreamDecoder {
  @Override
  public String append(int id) {
    return "x";
  }

  @Override
  public String finish() {
    return "";
  }
}
