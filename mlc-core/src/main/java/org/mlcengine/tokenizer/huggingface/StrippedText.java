package org.mlcengine.tokenizer.huggingface;

/** Strips one token that arrives in parts. */
final class StrippedText implements DecoderStep.Tokens {
  private final DecoderStep.Strip step;
  private final DecoderStep.Tokens next;
  private final String content;
  private int toStrip;
  private int held;

  StrippedText(DecoderStep.Strip step, DecoderStep.Tokens next) {
    this.step = step;
    this.next = next;
    this.content = Character.toString(step.content());
    this.toStrip = step.start();
  }

  @Override
  public void accept(String part) {
    int from = 0;
    while (toStrip > 0 && from < part.length()) {
      if (!part.startsWith(content, from)) {
        toStrip = 0;
        break;
      }
      toStrip--;
      from += content.length();
    }
    int to = part.length();
    int trailing = 0;
    while (trailing < step.stop() && to > from && part.startsWith(content, to - content.length())) {
      trailing++;
      to -= content.length();
    }
    if (to == from) {
      // All of the part could be stripped, and so what was held may be nearer to the end than that.
      int waiting = held + trailing;
      held = Math.min(waiting, step.stop());
      give(content.repeat(waiting - held));
    } else {
      give(content.repeat(held) + part.substring(from, to));
      held = trailing;
    }
  }

  @Override
  public void finish() {
    next.finish();
  }

  private void give(String text) {
    if (!text.isEmpty()) {
      next.accept(text);
    }
  }
}
