package org.mlcengine.tokenizer.huggingface;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Compiles the patterns of tokenizer files, which are written for Oniguruma, with {@link Pattern}.
 * Only syntax that both read alike, or that has an equal form, is accepted; the rest is refused
 * rather than matched a little differently. A repeated group is refused as well, because {@link
 * Pattern} recurses on it and long text would exhaust the stack.
 */
final class OnigurumaPattern {
  private static final Set<String> GROUPS = Set.of("(?:", "(?>", "(?=", "(?!", "(?i:");
  private static final String SAME_ESCAPES = "rntf";

  private final String source;
  private final StringBuilder target = new StringBuilder();
  private int position;

  private OnigurumaPattern(String source) {
    this.source = source;
  }

  /**
   * Compiles a pattern.
   *
   * @throws IllegalArgumentException if the pattern is malformed or uses unsupported syntax
   */
  static Pattern compile(String source) {
    String translated = new OnigurumaPattern(source).translate();
    try {
      return Pattern.compile(translated, Pattern.UNIX_LINES);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  private String translate() {
    while (position < source.length()) {
      char c = source.charAt(position);
      switch (c) {
        case '\\' -> escape();
        case '[' -> characterClass();
        case '(' -> group();
        case ')' -> endOfGroup();
        case '}' -> endOfCount();
        case '^', '$' -> throw unsupported(String.valueOf(c));
        default -> copy(1);
      }
    }
    return target.toString();
  }

  private void group() {
    if (!source.startsWith("(?", position)) {
      copy(1);
      return;
    }
    String opening =
        GROUPS.stream()
            .filter(group -> source.startsWith(group, position))
            .findFirst()
            .orElseThrow(() -> unsupported(excerpt(4)));
    // Oniguruma folds case as Unicode does; Pattern only does with the flag u.
    target.append(opening.equals("(?i:") ? "(?iu:" : opening);
    position += opening.length();
  }

  private void endOfGroup() {
    copy(1);
    if (position < source.length() && "*+{".indexOf(source.charAt(position)) >= 0) {
      throw unsupported("a repeated group");
    }
  }

  private void endOfCount() {
    copy(1);
    if (position < source.length() && "*+".indexOf(source.charAt(position)) >= 0) {
      throw unsupported(source.substring(position - 1, position + 1));
    }
  }

  private void characterClass() {
    int opening = source.startsWith("[^", position) ? 2 : 1;
    copy(opening);
    int first = position;
    while (position < source.length()) {
      char c = source.charAt(position);
      if (c == '\\') {
        escape();
      } else if (c == '[' || source.startsWith("&&", position) || (c == ']' && position == first)) {
        throw unsupported(excerpt(2) + " in a character class");
      } else {
        copy(1);
        if (c == ']') {
          return;
        }
      }
    }
    throw new IllegalArgumentException("the character class is not closed");
  }

  private void escape() {
    if (position + 1 == source.length()) {
      throw new IllegalArgumentException("the pattern ends with a backslash");
    }
    char c = source.charAt(position + 1);
    switch (c) {
      case 's' -> replace("\\p{IsWhite_Space}");
      case 'S' -> replace("\\P{IsWhite_Space}");
      case 'd' -> replace("\\p{Nd}");
      case 'D' -> replace("\\P{Nd}");
      case 'p', 'P' -> property();
      default -> {
        boolean same = SAME_ESCAPES.indexOf(c) >= 0 || (c < 0x80 && !Character.isLetterOrDigit(c));
        if (!same) {
          throw unsupported(excerpt(2));
        }
        copy(2);
      }
    }
  }

  private void property() {
    int end = source.indexOf('}', position);
    if (end < 0 || !source.startsWith("{", position + 2)) {
      throw unsupported(excerpt(4));
    }
    String name = source.substring(position + 3, end);
    target.append(source, position, position + 3);
    target.append(name.length() <= 2 ? name : "script=" + script(name)).append('}');
    position = end + 1;
  }

  private String script(String name) {
    try {
      return Character.UnicodeScript.forName(name).name().toLowerCase(Locale.ROOT);
    } catch (IllegalArgumentException e) {
      throw unsupported("\\p{" + name + "}");
    }
  }

  private void replace(String translation) {
    target.append(translation);
    position += 2;
  }

  private void copy(int length) {
    target.append(source, position, position + length);
    position += length;
  }

  private String excerpt(int length) {
    return source.substring(position, Math.min(position + length, source.length()));
  }

  private static IllegalArgumentException unsupported(String syntax) {
    return new IllegalArgumentException("its syntax " + syntax + " is not supported");
  }
}
