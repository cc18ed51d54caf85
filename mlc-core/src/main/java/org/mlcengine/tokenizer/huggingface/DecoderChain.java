package org.mlcengine.tokenizer.huggingface;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The steps from tokens to text. */
final class DecoderChain {
  private final List<DecoderStep> steps;
  private final List<DecoderStep> heads = new ArrayList<>();
  private final List<DecoderStep> tails = new ArrayList<>();

  DecoderChain(List<DecoderStep> steps) {
    this.steps = steps;
    boolean fused = false;
    for (DecoderStep step : steps) {
      if (fused) {
        tails.add(step);
      } else if (!(step instanceof DecoderStep.Fuse)) {
        heads.add(step);
      }
      fused |= step instanceof DecoderStep.Fuse || step instanceof DecoderStep.Bytes;
    }
  }

  /** Whether all that there is to do is to decode bytes. */
  boolean isBytes() {
    return steps.size() == 1 && steps.get(0) instanceof DecoderStep.Bytes;
  }

  /** Returns a receiver of tokens that appends their text as soon as it is certain. */
  DecoderStep.Tokens begin(StringBuilder text) {
    DecoderStep.Tokens tokens = new Output(text);
    boolean strips = true;
    for (DecoderStep step : tails) {
      strips &= step instanceof DecoderStep.Strip;
    }
    for (DecoderStep step : tails.reversed()) {
      tokens =
          strips && step instanceof DecoderStep.Strip strip
              ? new StrippedText(strip, tokens)
              : step.begin(tokens);
    }
    if (!strips) {
      tokens = new FusedTokens(tokens);
    }
    for (DecoderStep step : heads.reversed()) {
      tokens = step.begin(tokens);
    }
    return tokens;
  }

  /** Returns what a token contributes within a text. */
  byte[] bytes(String token) {
    String text = token;
    for (DecoderStep step : steps) {
      if (step instanceof DecoderStep.Bytes) {
        return ByteAlphabet.read(text);
      }
      if (step instanceof DecoderStep.Fallback && FallbackTokens.byteOf(text) >= 0) {
        return new byte[] {(byte) FallbackTokens.byteOf(text)};
      }
      if (!(step instanceof DecoderStep.Strip && tails.contains(step))) {
        text = step.within(text);
      }
    }
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private record Output(StringBuilder text) implements DecoderStep.Tokens {
    @Override
    public void accept(String token) {
      text.append(token);
    }

    @Override
    public void finish() {}
  }
}
