package org.mlcengine.tokenizer.huggingface;

import java.nio.charset.StandardCharsets;

/** One of the steps that make text of tokens. */
sealed interface DecoderStep
    permits DecoderStep.Bytes,
        DecoderStep.Ctc,
        DecoderStep.Fallback,
        DecoderStep.Fuse,
        DecoderStep.Metaspace,
        DecoderStep.Pieces,
        DecoderStep.Rewrite,
        DecoderStep.Spaces,
        DecoderStep.Strip,
        DecoderStep.Suffix {
  /** Receives tokens in order. */
  interface Tokens {
    /** Takes the next token. */
    void accept(String token);

    /** Says that there is no more. */
    void finish();
  }

  /** Returns a new receiver that gives what it makes of the tokens to the next one. */
  Tokens begin(Tokens next);

  /** Returns what a token becomes that is neither the first nor the last one. */
  String within(String token);

  /** The text that the byte alphabet stands for; all tokens become one. */
  record Bytes() implements DecoderStep {
    @Override
    public Tokens begin(Tokens next) {
      return new ByteTokens(next);
    }

    @Override
    public String within(String token) {
      return new String(ByteAlphabet.read(token), StandardCharsets.UTF_8);
    }
  }

  /** The bytes that tokens such as {@code <0x0A>} stand for. */
  record Fallback() implements DecoderStep {
    @Override
    public Tokens begin(Tokens next) {
      return new FallbackTokens(next);
    }

    @Override
    public String within(String token) {
      return token;
    }
  }

  /** All tokens become one. */
  record Fuse() implements DecoderStep {
    @Override
    public Tokens begin(Tokens next) {
      return new FusedTokens(next);
    }

    @Override
    public String within(String token) {
      return token;
    }
  }

  /** Each token rewritten by itself. */
  record Rewrite(TextNormalizer rule) implements DecoderStep {
    @Override
    public Tokens begin(Tokens next) {
      return new EachToken(this, next);
    }

    @Override
    public String within(String token) {
      return rule.normalize(token);
    }
  }

  /** Each token without some characters at its ends. */
  record Strip(int content, int start, int stop) implements DecoderStep {
    @Override
    public Tokens begin(Tokens next) {
      return new EachToken(this, next);
    }

    @Override
    public String within(String token) {
      int width = Character.charCount(content);
      int from = 0;
      for (int i = 0; i < start && from < token.length(); i++) {
        if (token.codePointAt(from) != content) {
          break;
        }
        from += width;
      }
      int to = token.length();
      for (int i = 0; i < stop && to > from; i++) {
        if (token.codePointBefore(to) != content) {
          break;
        }
        to -= width;
      }
      return token.substring(from, to);
    }
  }

  /** Spaces for what stands for them; in the first token they are left out, if it got one. */
  record Metaspace(String replacement, boolean prepended) implements DecoderStep {
    @Override
    public Tokens begin(Tokens next) {
      return new AfterFirst(this, prepended, next);
    }

    @Override
    public String within(String token) {
      return token.replace(replacement, " ");
    }

    /** What the first token becomes. */
    String first(String token) {
      return token.replace(replacement, "");
    }
  }

  /** A space between tokens, but for those that continue a word. */
  record Pieces(String prefix, boolean cleans) implements DecoderStep {
    @Override
    public Tokens begin(Tokens next) {
      return new AfterFirst(this, true, next);
    }

    @Override
    public String within(String token) {
      return clean(
          token.startsWith(prefix) ? token.substring(prefix.length()) : " " + token, cleans);
    }

    /** What the first token becomes. */
    String first(String token) {
      return clean(token, cleans);
    }

    /** Takes back the spaces that splitting English put in. */
    static String clean(String token, boolean cleans) {
      if (!cleans || (token.indexOf(' ') < 0)) {
        return token;
      }
      return token
          .replace(" .", ".")
          .replace(" ?", "?")
          .replace(" !", "!")
          .replace(" ,", ",")
          .replace(" ' ", "'")
          .replace(" n't", "n't")
          .replace(" 'm", "'m")
          .replace(" do not", " don't")
          .replace(" 's", "'s")
          .replace(" 've", "'ve")
          .replace(" 're", "'re");
    }
  }

  /** A space between all tokens, which is what happens without a decoder. */
  record Spaces() implements DecoderStep {
    @Override
    public Tokens begin(Tokens next) {
      return new AfterFirst(this, true, next);
    }

    @Override
    public String within(String token) {
      return " " + token;
    }
  }

  /** A space where the end of a word is marked, but for the last token. */
  record Suffix(String suffix) implements DecoderStep {
    @Override
    public Tokens begin(Tokens next) {
      return new SuffixTokens(this, next);
    }

    @Override
    public String within(String token) {
      return token.replace(suffix, " ");
    }
  }

  /** Without repeated tokens and those for silence. */
  record Ctc(String pad, String delimiter, boolean cleans) implements DecoderStep {
    @Override
    public Tokens begin(Tokens next) {
      return new CtcTokens(this, next);
    }

    @Override
    public String within(String token) {
      String kept = token.replace(pad, "");
      return cleans ? Pieces.clean(kept, true).replace(delimiter, " ") : kept;
    }
  }

  /** Gives each token on by itself. */
  record EachToken(DecoderStep step, Tokens next) implements Tokens {
    @Override
    public void accept(String token) {
      next.accept(step.within(token));
    }

    @Override
    public void finish() {
      next.finish();
    }
  }

  /** Treats the first token in its own way. */
  final class AfterFirst implements Tokens {
    private final DecoderStep step;
    private final Tokens next;
    private boolean first;

    AfterFirst(DecoderStep step, boolean differs, Tokens next) {
      this.step = step;
      this.next = next;
      this.first = differs;
    }

    @Override
    public void accept(String token) {
      if (!first) {
        next.accept(step.within(token));
        return;
      }
      first = false;
      if (step instanceof Metaspace metaspace) {
        next.accept(metaspace.first(token));
      } else if (step instanceof Pieces pieces) {
        next.accept(pieces.first(token));
      } else {
        next.accept(token);
      }
    }

    @Override
    public void finish() {
      next.finish();
    }
  }

  /** Holds back the last token if it ends a word. */
  final class SuffixTokens implements Tokens {
    private final Suffix step;
    private final Tokens next;
    private String held = "";

    SuffixTokens(Suffix step, Tokens next) {
      this.step = step;
      this.next = next;
    }

    @Override
    public void accept(String token) {
      release();
      if (token.contains(step.suffix)) {
        held = token;
      } else {
        next.accept(token);
      }
    }

    @Override
    public void finish() {
      if (!held.isEmpty()) {
        next.accept(held.replace(step.suffix, ""));
      }
      next.finish();
    }

    private void release() {
      if (!held.isEmpty()) {
        next.accept(step.within(held));
        held = "";
      }
    }
  }

  /** Drops a token that equals the one before it, and one of which nothing is left. */
  final class CtcTokens implements Tokens {
    private final Ctc step;
    private final Tokens next;
    private String previous = "";
    private boolean any;

    CtcTokens(Ctc step, Tokens next) {
      this.step = step;
      this.next = next;
    }

    @Override
    public void accept(String token) {
      if (!any || !token.equals(previous)) {
        String kept = step.within(token);
        if (!kept.isEmpty()) {
          next.accept(kept);
        }
      }
      any = true;
      previous = token;
    }

    @Override
    public void finish() {
      next.finish();
    }
  }
}
