package org.mlcengine.tokenizer.huggingface;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Unicode's normalization forms, as of version 9 of Unicode: that is what the Hugging Face library
 * does, to which later characters are unknown.
 */
final class UnicodeForms {
  /** A longer run of marks is put in order here, because the JDK takes quadratic time to. */
  private static final int LONGEST_RUN = 64;

  private static final int FIRST_MARK = 0x300;
  private static final int MARKS =
      1 << Character.NON_SPACING_MARK
          | 1 << Character.ENCLOSING_MARK
          | 1 << Character.COMBINING_SPACING_MARK;

  private UnicodeForms() {}

  /** Returns the text in a normalization form. */
  static String normalize(String text, Normalizer.Form form) {
    int lowest = form == Normalizer.Form.NFC ? FIRST_MARK : 0x80;
    int place = 0;
    while (place < text.length() && text.charAt(place) < lowest) {
      place++;
    }
    return place == text.length() ? text : normalizeParts(text, form);
  }

  private static String normalizeParts(String text, Normalizer.Form form) {
    int last = 0;
    StringBuilder normalized = null;
    for (int i = 0, width; i < text.length(); i += width) {
      char first = text.charAt(i);
      width = 1;
      if (first >= FIRST_MARK) {
        int c = text.codePointAt(i);
        width = Character.charCount(c);
        if (CharTypes.isNotNormalized(c)) {
          normalized = normalized == null ? new StringBuilder(text.length()) : normalized;
          normalized.append(normalizeEarlier(text.substring(last, i), form)).appendCodePoint(c);
          last = i + width;
        }
      }
    }
    return normalized == null
        ? normalizeEarlier(text, form)
        : normalized.append(normalizeEarlier(text.substring(last), form)).toString();
  }

  private static String normalizeEarlier(String text, Normalizer.Form form) {
    boolean compatible = form == Normalizer.Form.NFKC || form == Normalizer.Form.NFKD;
    StringBuilder ordered = null;
    int last = 0;
    int begin = 0;
    for (int i = 0, width; i <= text.length(); i += width) {
      int c = i < text.length() ? text.codePointAt(i) : 0;
      width = Character.charCount(c);
      if (c >= FIRST_MARK && ((MARKS >> Character.getType(c)) & 1) != 0) {
        continue;
      }
      if (i - begin > LONGEST_RUN) {
        ordered = ordered == null ? new StringBuilder(text.length()) : ordered;
        ordered.append(text, last, begin);
        new MarkOrder(compatible ? Normalizer.Form.NFKD : Normalizer.Form.NFD)
            .append(text.substring(begin, i), ordered);
        last = i;
      }
      begin = i + width;
    }
    return Normalizer.normalize(
        ordered == null ? text : ordered.append(text, last, text.length()), form);
  }

  /** Puts decomposed marks into the order of their combining classes. */
  private static final class MarkOrder {
    /** The mark with the highest class, and one with the lowest. */
    private static final String LAST = "\u0345";

    private static final String FIRST = "\u0334";

    private final Normalizer.Form form;
    private final Map<Integer, String> decomposed = new HashMap<>();

    MarkOrder(Normalizer.Form form) {
      this.form = form;
    }

    void append(String marks, StringBuilder ordered) {
      StringBuilder parts = new StringBuilder(marks.length());
      marks.codePoints().forEach(c -> parts.append(decomposed.computeIfAbsent(c, this::decompose)));
      int[] points = parts.codePoints().toArray();
      Map<Integer, Integer> ranks = ranks(points);
      int begin = 0;
      for (int i = 0; i <= points.length; i++) {
        if (i == points.length || ranks.getOrDefault(points[i], 0) == 0) {
          appendRun(points, begin, i, ranks, ordered);
          if (i < points.length) {
            ordered.appendCodePoint(points[i]);
          }
          begin = i + 1;
        }
      }
    }

    private String decompose(int c) {
      return Normalizer.normalize(Character.toString(c), form);
    }

    /** Appends marks of which none has the class 0, those of a class in the order they have. */
    private static void appendRun(
        int[] points, int from, int to, Map<Integer, Integer> ranks, StringBuilder ordered) {
      List<StringBuilder> classes = new ArrayList<>();
      for (int i = from; i < to; i++) {
        int rank = ranks.getOrDefault(points[i], 0);
        while (classes.size() <= rank) {
          classes.add(new StringBuilder());
        }
        classes.get(rank).appendCodePoint(points[i]);
      }
      classes.forEach(ordered::append);
    }

    /** Returns numbers that stand in the same order as the combining classes; 0 is the class 0. */
    private Map<Integer, Integer> ranks(int[] points) {
      Map<Integer, Integer> ranks = new HashMap<>();
      List<String> marks = new ArrayList<>();
      for (int c : points) {
        if (ranks.putIfAbsent(c, 0) == null && hasClass(Character.toString(c))) {
          marks.add(Character.toString(c));
        }
      }
      marks.sort((left, right) -> swaps(right, left) ? -1 : swaps(left, right) ? 1 : 0);
      int rank = 1;
      for (int i = 0; i < marks.size(); i++) {
        rank += i > 0 && swaps(marks.get(i), marks.get(i - 1)) ? 1 : 0;
        ranks.put(marks.get(i).codePointAt(0), rank);
      }
      return ranks;
    }

    private static boolean hasClass(String mark) {
      return mark.equals(LAST) || swaps(LAST, mark) || swaps(mark, FIRST);
    }

    /** Whether the left mark's class is the higher one, so that the two change places. */
    private static boolean swaps(String left, String right) {
      return !left.equals(right)
          && Normalizer.normalize(left + right, Normalizer.Form.NFD).equals(right + left);
    }
  }
}
