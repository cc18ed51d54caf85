package org.mlcengine.tokenizer.huggingface;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Decodes runs of tokens that stand for one byte each. A run that is not UTF-8 as a whole becomes
 * one U+FFFD for each of its bytes, and so a run is held back until it ends.
 */
final class FallbackTokens implements DecoderStep.Tokens {
  private static final int LENGTH = "<0x00>".length();

  private final DecoderStep.Tokens next;
  private final ByteArrayOutputStream run = new ByteArrayOutputStream();

  FallbackTokens(DecoderStep.Tokens next) {
    this.next = next;
  }

  /** Returns the byte that a token stands for, or -1 if it is no such token. */
  static int byteOf(String token) {
    if (token.length() != LENGTH || !token.startsWith("<0x") || !token.endsWith(">")) {
      return -1;
    }
    int high = digit(token.charAt(3));
    int low = digit(token.charAt(4));
    // A plus sign in front of one digit is part of the number in the Hugging Face library.
    if (token.charAt(3) == '+') {
      return low;
    }
    return high < 0 || low < 0 ? -1 : 16 * high + low;
  }

  private static int digit(char c) {
    return c < 0x80 ? Character.digit(c, 16) : -1;
  }

  @Override
  public void accept(String token) {
    int value = byteOf(token);
    if (value >= 0) {
      run.write(value);
    } else {
      endRun();
      next.accept(token);
    }
  }

  @Override
  public void finish() {
    endRun();
    next.finish();
  }

  private void endRun() {
    if (run.size() == 0) {
      return;
    }
    byte[] bytes = run.toByteArray();
    run.reset();
    try {
      next.accept(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      for (int i = 0; i < bytes.length; i++) {
        next.accept("\uFFFD");
      }
    }
  }
}
