package org.mlcengine.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mlcengine.errors.InvalidRequestException;

class StopStringsTest {
  @Test
  void textBeforeTheStopStringIsReleasedAndTheRestDropped() {
    StopStrings stops = new StopStrings(new StopAutomaton(List.of("STOP")));
    assertThat(stops.append("abcSTOPdef")).isEqualTo("abc");
    assertThat(stops.matched()).isTrue();
    assertThat(stops.append("more")).isEmpty();
    assertThat(stops.finish()).isEmpty();
  }

  @Test
  void onlyWhatMayBeginAStopStringIsHeldBack() {
    StopStrings stops = new StopStrings(new StopAutomaton(List.of("\n\nUser:")));
    assertThat(stops.append("one\n")).isEqualTo("one");
    assertThat(stops.append("\n")).isEmpty();
    assertThat(stops.append("\n")).isEqualTo("\n");
    assertThat(stops.append("Use")).isEmpty();
    assertThat(stops.append("d")).isEqualTo("\n\nUsed");
    assertThat(stops.matched()).isFalse();
  }

  @Test
  void theStopStringThatIsCompleteFirstCounts() {
    StopStrings stops = new StopStrings(new StopAutomaton(List.of("abcd", "bc")));
    assertThat(stops.append("xabcd")).isEqualTo("xa");
    assertThat(stops.matched()).isTrue();
  }

  @Test
  void ofThoseThatEndTogetherTheLongestCounts() {
    StopStrings stops = new StopStrings(new StopAutomaton(List.of("c", "abc", "bc")));
    assertThat(stops.append("xab")).isEqualTo("x");
    assertThat(stops.append("c")).isEmpty();
    assertThat(stops.matched()).isTrue();
  }

  @Test
  void emptyStopStringsAreLeftOut() {
    StopStrings stops = new StopStrings(new StopAutomaton(List.of("", "")));
    assertThat(stops.append("abc")).isEqualTo("abc");
    assertThat(stops.matched()).isFalse();
  }

  @Test
  void finishReleasesWhatWasHeldBack() {
    StopStrings stops = new StopStrings(new StopAutomaton(List.of("<end>")));
    assertThat(stops.append("a<en")).isEqualTo("a");
    assertThat(stops.finish()).isEqualTo("<en");
    assertThat(stops.append("d>")).isEqualTo("d>");
  }

  @Test
  void everySplitAgreesWithANaiveSearch() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 20_000; round++) {
      int alphabet = 2 + random.nextInt(NaiveStops.ALPHABET.size() - 1);
      String text = NaiveStops.text(random, random.nextInt(30), alphabet);
      List<String> strings = NaiveStops.stops(random, text, alphabet);
      check(strings, text, random, "seed %d: %s in '%s'".formatted(seed, strings, text));
    }
  }

  private static void check(List<String> strings, String text, Random random, String context) {
    StopStrings stops = new StopStrings(new StopAutomaton(strings));
    StringBuilder released = new StringBuilder();
    int position = 0;
    while (position < text.length()) {
      int end = Math.min(text.length(), position + random.nextInt(4));
      released.append(stops.append(text.substring(position, end)));
      position = end;
      if (!stops.matched()) {
        assertThat(released.length())
            .as(context)
            .isEqualTo(position - NaiveStops.heldBack(strings, text.substring(0, position)));
      }
    }
    released.append(stops.finish());
    assertThat(new NaiveStops.Shown(released.toString(), stops.matched()))
        .as(context)
        .isEqualTo(NaiveStops.search(strings, text));
  }

  @Test
  void aThousandLongStringsThatNearlyMatchAreHeldBackAndReleased() {
    int length = 1000;
    List<String> strings = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      strings.add("ab".repeat(length / 2 - 1) + (char) ('c' + i) + "x");
    }
    StopStrings stops = new StopStrings(new StopAutomaton(strings));
    StringBuilder released = new StringBuilder();
    for (int i = 0; i < 50_000; i++) {
      released.append(stops.append("ab"));
    }
    assertThat(released).hasSize(100_000 - (length - 2));
    assertThat(stops.append("zx")).isEmpty();
    assertThat(stops.matched()).isTrue();
    assertThat(stops.finish()).isEmpty();
  }

  @Test
  void aThousandStringsOfTheirOwnAreFound() {
    Random random = new Random(1);
    List<String> strings = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      StringBuilder string = new StringBuilder();
      for (int j = 0; j < 1000; j++) {
        string.append((char) (' ' + random.nextInt(0x700)));
      }
      strings.add(string.toString());
    }
    StopStrings stops = new StopStrings(new StopAutomaton(strings));
    String found = strings.get(700);
    assertThat(stops.append(found.substring(0, 999))).isEmpty();
    assertThat(stops.append("\n")).isEqualTo(found.substring(0, 999) + "\n");
    assertThat(stops.append("text" + found + "more")).isEqualTo("text");
    assertThat(stops.matched()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"\uD83D", "ab\uD83D", "\uDE00", "\uD83D\uD83D\uDE00", "\uDE00\uD83D"})
  void aSurrogateWithoutItsPartnerIsRefused(String string) {
    assertThatThrownBy(() -> new StopStrings(new StopAutomaton(List.of("fine", string))))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageStartingWith("stop: expected Unicode text, found the surrogate \\ud");
  }

  @Test
  void halfACharacterIsNoMatch() {
    StopStrings stops = new StopStrings(new StopAutomaton(List.of("😀")));
    assertThat(stops.append("😁")).isEqualTo("😁");
    assertThat(stops.append("a😀b")).isEqualTo("a");
    assertThat(stops.matched()).isTrue();
  }
}
