package org.mlcengine.tokenizer.huggingface;

import java.text.Normalizer;
import org.mlcengine.tokenizer.CodePoints;

/**
 * What BERT does to a text.
 *
 * @param cleans whether control characters go, and all white space becomes spaces
 * @param separatesHan whether spaces are put around Han characters
 * @param stripsAccents whether nonspacing marks go, once characters are decomposed
 * @param lowercases whether letters become lower case
 */
record BertNormalizer(
    boolean cleans, boolean separatesHan, boolean stripsAccents, boolean lowercases)
    implements TextNormalizer {
  private static final int[] HAN = {
    0x3400, 0x4DBF, 0x4E00, 0x9FFF, 0xF900, 0xFAFF, 0x20000, 0x2A6DF, 0x2A700, 0x2B73F, 0x2B740,
    0x2B81F, 0x2B920, 0x2CEAF, 0x2F800, 0x2FA1F
  };

  @Override
  public String normalize(String text) {
    String normalized = cleans || separatesHan ? rewrite(text) : text;
    if (stripsAccents) {
      normalized = withoutMarks(UnicodeForms.normalize(normalized, Normalizer.Form.NFD));
    }
    return lowercases ? new Lowercase().normalize(normalized) : normalized;
  }

  private String rewrite(String text) {
    StringBuilder kept = new StringBuilder(text.length());
    for (int i = 0, c; i < text.length(); i += Character.charCount(c)) {
      c = text.codePointAt(i);
      if (cleans && isDropped(c)) {
        continue;
      }
      if (separatesHan && isHan(c)) {
        kept.append(' ').appendCodePoint(c).append(' ');
      } else if (cleans && CodePoints.isWhiteSpace(c)) {
        kept.append(' ');
      } else {
        kept.appendCodePoint(c);
      }
    }
    return kept.toString();
  }

  private static String withoutMarks(String text) {
    StringBuilder kept = new StringBuilder(text.length());
    for (int i = 0, c; i < text.length(); i += Character.charCount(c)) {
      c = text.codePointAt(i);
      if (!CharTypes.isNonspacingMark(c)) {
        kept.appendCodePoint(c);
      }
    }
    return kept.toString();
  }

  private static boolean isDropped(int c) {
    if (c == '\t' || c == '\n' || c == '\r') {
      return false;
    }
    return c == 0 || c == 0xFFFD || CharTypes.isControl(c);
  }

  private static boolean isHan(int c) {
    for (int i = 0; c >= HAN[i]; i += 2) {
      if (c <= HAN[i + 1]) {
        return true;
      }
      if (i + 2 == HAN.length) {
        return false;
      }
    }
    return false;
  }
}
