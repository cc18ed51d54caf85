package org.mlcengine.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;

/** Python's view of text: positions count code points, and Unicode decides what a space is. */
final class Characters {
  private Characters() {}

  static boolean isSpace(int c) {
    return c == ' '
        || c >= '\t' && c <= '\r'
        || c >= 0x1c && c <= 0x1f
        || c == 0x85
        || c == 0xa0
        || c == 0x1680
        || c >= 0x2000 && c <= 0x200a
        || c == 0x2028
        || c == 0x2029
        || c == 0x202f
        || c == 0x205f
        || c == 0x3000;
  }

  static String strip(String text, boolean left, boolean right) {
    return strip(text, Characters::isSpace, left, right);
  }

  static String strip(String text, String characters, boolean left, boolean right) {
    return strip(text, c -> characters.indexOf(c) >= 0, left, right);
  }

  private static String strip(String text, IntPredicate drop, boolean left, boolean right) {
    int start = 0;
    int end = text.length();
    while (left && start < end && drop.test(text.codePointAt(start))) {
      start += Character.charCount(text.codePointAt(start));
    }
    while (right && end > start && drop.test(text.codePointBefore(end))) {
      end -= Character.charCount(text.codePointBefore(end));
    }
    return text.substring(start, end);
  }

  static int length(String text) {
    return text.codePointCount(0, text.length());
  }

  /** Returns the place in the text of a position in code points, which may not be beyond it. */
  static int offset(String text, int codePoints) {
    return text.offsetByCodePoints(0, codePoints);
  }

  /** Returns each character as a text. */
  static List<Value> list(String text) {
    List<Value> characters = new ArrayList<>();
    text.codePoints().forEach(c -> characters.add(Value.of(Character.toString(c))));
    return characters;
  }

  static int compare(String a, String b) {
    int shorter = Math.min(a.length(), b.length());
    for (int i = 0; i < shorter; i++) {
      char x = a.charAt(i);
      char y = b.charAt(i);
      if (x != y) {
        boolean surrogates = Character.isSurrogate(x) != Character.isSurrogate(y);
        return surrogates
            ? Boolean.compare(Character.isSurrogate(x), Character.isSurrogate(y))
            : Character.compare(x, y);
      }
    }
    return Integer.compare(a.length(), b.length());
  }

  static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  static String upper(String text) {
    return text.toUpperCase(Locale.ROOT);
  }

  static String capitalize(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int first = Character.charCount(text.codePointAt(0));
    return titleCase(text.substring(0, first)) + lower(text.substring(first));
  }

  private static String titleCase(String character) {
    int title = Character.toTitleCase(character.codePointAt(0));
    return upper(character).codePointCount(0, upper(character).length()) > 1
        ? capitalizeExpanded(upper(character))
        : Character.toString(title);
  }

  private static String capitalizeExpanded(String upper) {
    int first = Character.charCount(upper.codePointAt(0));
    return upper.substring(0, first) + lower(upper.substring(first));
  }

  /** Returns the text with a capital after each character that has no case, as Python does. */
  static String title(String text) {
    StringBuilder out = new StringBuilder();
    boolean afterCased = false;
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      String character = Character.toString(c);
      out.append(afterCased ? lower(character) : titleCase(character));
      afterCased = isCased(c);
      i += Character.charCount(c);
    }
    return out.toString();
  }

  static boolean isCased(int c) {
    return Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
  }

  static boolean isPrintable(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      case Character.SPACE_SEPARATOR -> c == ' ';
      default -> true;
    };
  }

  /** Returns the lines of a text, with or without their ends. */
  static List<String> lines(String text, boolean keepEnds) {
    List<String> lines = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean ends = c >= '\n' && c <= '\r' || c >= 0x1c && c <= 0x1e;
      if (ends || c == 0x85 || c == 0x2028 || c == 0x2029) {
        int end = i;
        if (c == '\r' && i + 1 < text.length() && text.charAt(i + 1) == '\n') {
          i++;
        }
        lines.add(text.substring(start, keepEnds ? i + 1 : end));
        start = i + 1;
      }
    }
    if (start < text.length()) {
      lines.add(text.substring(start));
    }
    return lines;
  }

  /** Splits at each separator, from the left, at most so many times; -1 is without limit. */
  static List<Value> split(String text, String separator, int limit) {
    List<Value> parts = new ArrayList<>();
    int start = 0;
    int next = text.indexOf(separator);
    while (next >= 0 && (limit < 0 || parts.size() < limit)) {
      parts.add(Value.of(text.substring(start, next)));
      start = next + separator.length();
      next = text.indexOf(separator, start);
    }
    parts.add(Value.of(text.substring(start)));
    return parts;
  }

  /** Splits at each separator, from the right. */
  static List<Value> splitRight(String text, String separator, int limit) {
    List<Value> parts = new ArrayList<>();
    int end = text.length();
    int next = text.lastIndexOf(separator);
    while (next >= 0 && (limit < 0 || parts.size() < limit)) {
      parts.add(Value.of(text.substring(next + separator.length(), end)));
      end = next;
      next = end < separator.length() ? -1 : text.lastIndexOf(separator, end - separator.length());
    }
    parts.add(Value.of(text.substring(0, end)));
    return parts.reversed();
  }

  /** Splits at spaces, from the left. */
  static List<Value> words(String text, int limit) {
    List<Value> words = new ArrayList<>();
    int i = 0;
    while (true) {
      while (i < text.length() && isSpace(text.charAt(i))) {
        i++;
      }
      if (i == text.length()) {
        return words;
      }
      if (limit >= 0 && words.size() >= limit) {
        words.add(Value.of(text.substring(i)));
        return words;
      }
      int start = i;
      while (i < text.length() && !isSpace(text.charAt(i))) {
        i++;
      }
      words.add(Value.of(text.substring(start, i)));
    }
  }

  /** Splits at spaces, from the right. */
  static List<Value> wordsRight(String text, int limit) {
    List<Value> words = new ArrayList<>();
    int i = text.length();
    while (true) {
      while (i > 0 && isSpace(text.charAt(i - 1))) {
        i--;
      }
      if (i == 0) {
        return words.reversed();
      }
      if (limit >= 0 && words.size() >= limit) {
        words.add(Value.of(text.substring(0, i)));
        return words.reversed();
      }
      int end = i;
      while (i > 0 && !isSpace(text.charAt(i - 1))) {
        i--;
      }
      words.add(Value.of(text.substring(i, end)));
    }
  }

  /** Replaces from the left, at most so many times; -1 is without limit. */
  static String replace(String text, String old, String replacement, int limit) {
    StringBuilder out = new StringBuilder();
    int start = 0;
    int done = 0;
    while (limit < 0 || done < limit) {
      int next = old.isEmpty() ? emptyPlace(text, done, start) : text.indexOf(old, start);
      if (next < 0) {
        break;
      }
      out.append(text, start, next).append(replacement);
      Budget.checkText(out.length());
      start = next + old.length();
      done++;
    }
    return out.append(text, start, text.length()).toString();
  }

  /** Returns the next place between characters, where Python finds the empty text. */
  private static int emptyPlace(String text, int done, int start) {
    if (done == 0) {
      return 0;
    }
    return start >= text.length() ? -1 : start + Character.charCount(text.codePointAt(start));
  }
}
