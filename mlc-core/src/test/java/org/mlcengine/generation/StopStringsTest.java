package org.mlcengine.generation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StopStringsTest {
  @Test
  void textBeforeTheStopStringIsReleasedAndTheRestDropped() {
    StopStrings stops = new StopStrings(List.of("STOP"));
    assertThat(stops.append("abcSTOPdef")).isEqualTo("abc");
    assertThat(stops.matched()).isTrue();
    assertThat(stops.append("more")).isEmpty();
    assertThat(stops.finish()).isEmpty();
  }

  @Test
  void onlyWhatMayBeginAStopStringIsHeldBack() {
    StopStrings stops = new StopStrings(List.of("\n\nUser:"));
    assertThat(stops.append("one\n")).isEqualTo("one");
    assertThat(stops.append("\n")).isEmpty();
    assertThat(stops.append("\n")).isEqualTo("\n");
    assertThat(stops.append("Use")).isEmpty();
    assertThat(stops.append("d")).isEqualTo("\n\nUsed");
    assertThat(stops.matched()).isFalse();
  }

  @Test
  void theStopStringThatIsCompleteFirstCounts() {
    StopStrings stops = new StopStrings(List.of("abcd", "bc"));
    assertThat(stops.append("xabcd")).isEqualTo("xa");
    assertThat(stops.matched()).isTrue();
  }

  @Test
  void ofThoseThatEndTogetherTheLongestCounts() {
    StopStrings stops = new StopStrings(List.of("c", "abc", "bc"));
    assertThat(stops.append("xab")).isEqualTo("x");
    assertThat(stops.append("c")).isEmpty();
    assertThat(stops.matched()).isTrue();
  }

  @Test
  void emptyStopStringsAreLeftOut() {
    StopStrings stops = new StopStrings(List.of("", ""));
    assertThat(stops.append("abc")).isEqualTo("abc");
    assertThat(stops.matched()).isFalse();
  }

  @Test
  void finishReleasesWhatWasHeldBack() {
    StopStrings stops = new StopStrings(List.of("<end>"));
    assertThat(stops.append("a<en")).isEqualTo("a");
    assertThat(stops.finish()).isEqualTo("<en");
    assertThat(stops.append("d>")).isEqualTo("d>");
  }

  @Test
  void everySplitAgreesWithANaiveSearch() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 20_000; round++) {
      List<String> strings = new ArrayList<>();
      for (int count = random.nextInt(5); count > 0; count--) {
        strings.add(text(random, random.nextInt(6)));
      }
      String text = text(random, random.nextInt(30));
      String context = "seed %d: %s in '%s'".formatted(seed, strings, text);
      check(strings, text, random, context);
    }
  }

  private static void check(List<String> strings, String text, Random random, String context) {
    Expected expected = search(strings, text);
    StopStrings stops = new StopStrings(strings);
    StringBuilder released = new StringBuilder();
    int position = 0;
    while (position < text.length()) {
      int end = Math.min(text.length(), position + random.nextInt(4));
      released.append(stops.append(text.substring(position, end)));
      position = end;
      if (!stops.matched()) {
        assertThat(released.length())
            .as(context)
            .isEqualTo(position - heldBack(strings, text.substring(0, position)));
      }
    }
    released.append(stops.finish());
    assertThat(released).as(context).hasToString(expected.text);
    assertThat(stops.matched()).as(context).isEqualTo(expected.matched);
  }

  private record Expected(String text, boolean matched) {}

  private static Expected search(List<String> strings, String text) {
    for (int end = 1; end <= text.length(); end++) {
      for (int start = 0; start < end; start++) {
        if (strings.contains(text.substring(start, end))) {
          return new Expected(text.substring(0, start), true);
        }
      }
    }
    return new Expected(text, false);
  }

  private static int heldBack(List<String> strings, String text) {
    for (int start = 0; start < text.length(); start++) {
      String tail = text.substring(start);
      if (strings.stream().anyMatch(string -> string.startsWith(tail))) {
        return tail.length();
      }
    }
    return 0;
  }

  private static String text(Random random, int length) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append((char) ('a' + random.nextInt(3)));
    }
    return text.toString();
  }
}
