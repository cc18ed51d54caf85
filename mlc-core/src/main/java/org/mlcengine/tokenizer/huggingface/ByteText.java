package org.mlcengine.tokenizer.huggingface;

import java.nio.charset.StandardCharsets;

/** Writes a piece in the byte alphabet. */
record ByteText() implements PreTokenizer {
  @Override
  public void split(String text, int from, int to, boolean start, Pieces pieces) {
    String bytes = ByteAlphabet.write(text.substring(from, to).getBytes(StandardCharsets.UTF_8));
    pieces.accept(bytes, 0, bytes.length(), start);
  }
}
