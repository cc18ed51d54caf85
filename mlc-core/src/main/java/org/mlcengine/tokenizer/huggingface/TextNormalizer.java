package org.mlcengine.tokenizer.huggingface;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mlcengine.tokenizer.CodePoints;

/** Rewrites a text before it is split. */
sealed interface TextNormalizer
    permits BertNormalizer,
        PrecompiledNormalizer,
        TextNormalizer.Bytes,
        TextNormalizer.Form,
        TextNormalizer.Lowercase,
        TextNormalizer.Nmt,
        TextNormalizer.Prepend,
        TextNormalizer.Replace,
        TextNormalizer.ReplaceRegex,
        TextNormalizer.Strip,
        TextNormalizer.StripAccents {
  /** Returns the rewritten text. */
  String normalize(String text);

  /** One of Unicode's normalization forms. */
  record Form(Normalizer.Form form) implements TextNormalizer {
    @Override
    public String normalize(String text) {
      return UnicodeForms.normalize(text, form);
    }
  }

  /** Each character in lower case, without regard to its neighbours or to a language. */
  record Lowercase() implements TextNormalizer {
    private static final int DOTTED_I = 0x130;

    @Override
    public String normalize(String text) {
      StringBuilder lower = new StringBuilder(text.length());
      for (int i = 0, c; i < text.length(); i += Character.charCount(c)) {
        c = text.codePointAt(i);
        if (c == DOTTED_I) {
          lower.append("i\u0307");
        } else {
          lower.appendCodePoint(CharTypes.toLowerCase(c));
        }
      }
      return lower.toString();
    }
  }

  /** Without the white space at the ends. */
  record Strip(boolean left, boolean right) implements TextNormalizer {
    @Override
    public String normalize(String text) {
      int from = 0;
      int to = text.length();
      while (left && from < to && CodePoints.isWhiteSpace(text.charAt(from))) {
        from++;
      }
      while (right && to > from && CodePoints.isWhiteSpace(text.charAt(to - 1))) {
        to--;
      }
      return text.substring(from, to);
    }
  }

  /** Without the code points of the general category M. */
  record StripAccents() implements TextNormalizer {
    @Override
    public String normalize(String text) {
      StringBuilder kept = new StringBuilder(text.length());
      for (int i = 0, c; i < text.length(); i += Character.charCount(c)) {
        c = text.codePointAt(i);
        if (!CharTypes.isMark(c)) {
          kept.appendCodePoint(c);
        }
      }
      return kept.toString();
    }
  }

  /** The same text wherever another one stands. */
  record Replace(String target, String content) implements TextNormalizer {
    @Override
    public String normalize(String text) {
      return text.replace(target, content);
    }
  }

  /** The same text wherever a pattern matches. */
  record ReplaceRegex(Pattern pattern, String content) implements TextNormalizer {
    @Override
    public String normalize(String text) {
      Matcher matcher = pattern.matcher(text);
      StringBuilder replaced = new StringBuilder(text.length());
      int done = 0;
      boolean found = false;
      while (matcher.find()) {
        // Like the Hugging Face library's, an empty match does not touch the one before it.
        if (found && matcher.start() == done && matcher.end() == done) {
          continue;
        }
        replaced.append(text, done, matcher.start()).append(content);
        done = matcher.end();
        found = true;
      }
      return found ? replaced.append(text, done, text.length()).toString() : text;
    }
  }

  /** Something in front of a text that is not empty. */
  record Prepend(String prefix) implements TextNormalizer {
    @Override
    public String normalize(String text) {
      return text.isEmpty() ? text : prefix + text;
    }
  }

  /** The text in the byte alphabet. */
  record Bytes() implements TextNormalizer {
    @Override
    public String normalize(String text) {
      return ByteAlphabet.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  /**
   * Without control characters, and with a space for what acts as one, as in neural translation.
   */
  record Nmt() implements TextNormalizer {
    @Override
    public String normalize(String text) {
      StringBuilder kept = new StringBuilder(text.length());
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        if (!isDropped(c)) {
          kept.append(isSpace(c) ? ' ' : c);
        }
      }
      return kept.toString();
    }

    private static boolean isDropped(char c) {
      return (c >= 0x01 && c <= 0x08)
          || c == 0x0B
          || (c >= 0x0E && c <= 0x1F)
          || c == 0x7F
          || c == 0x8F
          || c == 0x9F;
    }

    private static boolean isSpace(char c) {
      return switch (c) {
        case '\t', '\n', '\f', '\r' -> true;
        case '\u1680', '\u2028', '\u2029', '\u2581', '\uFEFF', '\uFFFD' -> true;
        default -> c >= '\u200B' && c <= '\u200F';
      };
    }
  }
}
