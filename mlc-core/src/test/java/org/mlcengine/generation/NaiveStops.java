package org.mlcengine.generation;

import java.util.List;
import java.util.Random;

/** Stop strings once more, by looking at the whole text for each of them. */
final class NaiveStops {
  /** Characters of one to four bytes in UTF-8; the last four share bytes and surrogates. */
  static final List<String> ALPHABET =
      List.of("a", "b", "ä", "ö", "€", "😀", "😁", "🌀", "\uD83C\uDF01");

  /**
   * What a reply shows.
   *
   * @param text the text before the stop string
   * @param stopped whether there is one
   */
  record Shown(String text, boolean stopped) {}

  private NaiveStops() {}

  /** Of the occurrences that end first, the longest counts. */
  static Shown search(List<String> stops, String text) {
    for (int end = 1; end <= text.length(); end++) {
      for (int start = 0; start < end; start++) {
        if (stops.contains(text.substring(start, end))) {
          return new Shown(text.substring(0, start), true);
        }
      }
    }
    return new Shown(text, false);
  }

  /** Returns how many characters at the end may begin a stop string. */
  static int heldBack(List<String> stops, String text) {
    for (int start = 0; start < text.length(); start++) {
      String tail = text.substring(start);
      if (stops.stream().anyMatch(stop -> stop.startsWith(tail))) {
        return tail.length();
      }
    }
    return 0;
  }

  /** Returns so many of the first characters of the alphabet. */
  static String text(Random random, int length, int alphabet) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append(ALPHABET.get(random.nextInt(alphabet)));
    }
    return text.toString();
  }

  /** Returns parts of a text, parts of those, and strings that need not occur. */
  static List<String> stops(Random random, String text, int alphabet) {
    String nested = part(random, text);
    return switch (random.nextInt(4)) {
      case 0 -> List.of(nested);
      case 1 -> List.of(nested, part(random, nested), part(random, nested));
      case 2 -> List.of(nested + text(random, 1, alphabet), part(random, text) + nested);
      default ->
          random
              .ints(random.nextInt(5), 0, 6)
              .mapToObj(length -> text(random, length, alphabet))
              .toList();
    };
  }

  private static String part(Random random, String text) {
    int[] codePoints = text.codePoints().toArray();
    int start = random.nextInt(codePoints.length + 1);
    int count = random.nextInt(codePoints.length - start + 1);
    return new String(codePoints, start, count);
  }
}
