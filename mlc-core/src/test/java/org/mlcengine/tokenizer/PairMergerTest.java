package org.mlcengine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PairMergerTest {
  /** Merges one pair after the other, as the definition says. */
  private static List<String> byDefinition(Map<String, Integer> ranks, String text) {
    List<String> symbols = new ArrayList<>(text.chars().mapToObj(Character::toString).toList());
    while (true) {
      int best = -1;
      int lowest = Integer.MAX_VALUE;
      for (int i = 0; i + 1 < symbols.size(); i++) {
        int rank = ranks.getOrDefault(symbols.get(i) + symbols.get(i + 1), Integer.MAX_VALUE);
        if (rank < lowest) {
          best = i;
          lowest = rank;
        }
      }
      if (best < 0) {
        return symbols;
      }
      symbols.set(best, symbols.get(best) + symbols.remove(best + 1));
    }
  }

  /** Merges a text, and counts the pairs that were found to be tokens. */
  private static final class Merged {
    private final List<String> symbols = new ArrayList<>();
    private int found;

    Merged(Map<String, Integer> ranks, String text) {
      byte[][] keys =
          ranks.keySet().stream()
              .map(token -> token.getBytes(StandardCharsets.ISO_8859_1))
              .toArray(byte[][]::new);
      int[] values = ranks.values().stream().mapToInt(Integer::intValue).toArray();
      int[] order = new int[Arrays.stream(values).max().orElse(0) + 1];
      Arrays.setAll(order, id -> id);
      int[] bounds = new int[text.length() + 1];
      Arrays.setAll(bounds, i -> i);
      new PairMerger(ByteTrie.of(keys, values), order, (token, length) -> found++)
          .merge(
              text.getBytes(StandardCharsets.ISO_8859_1),
              bounds,
              bounds.length,
              new BitSet(),
              (from, to) -> symbols.add(text.substring(from, to)));
    }
  }

  @Test
  void itMergesAsTheDefinitionSays() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 2_000; round++) {
      Map<String, Integer> ranks = ranks(random);
      String text = text(random, random.nextInt(1, 30));
      assertThat(new Merged(ranks, text).symbols)
          .as("seed %d, round %d", seed, round)
          .isEqualTo(byDefinition(ranks, text));
    }
  }

  @ParameterizedTest
  @CsvSource({"a", "ab", "aab", "abcba"})
  void theWorkGrowsWithTheTextAlone(String unit) {
    Map<String, Integer> ranks = new LinkedHashMap<>();
    for (int length = 1; length <= 64; length++) {
      for (int from = 0; from < unit.length(); from++) {
        ranks.putIfAbsent(unit.repeat(66).substring(from, from + length), ranks.size());
      }
    }
    for (int length : new int[] {1_000, 10_000, 100_000}) {
      String text = unit.repeat(length / unit.length());
      Merged merged = new Merged(ranks, text);
      assertThat(String.join("", merged.symbols)).isEqualTo(text);
      // Each pair of the text is looked at once, and each merge makes at most two new ones.
      assertThat(merged.found).isBetween(text.length() / 2, 3 * text.length());
    }
  }

  private static Map<String, Integer> ranks(Random random) {
    Map<String, Integer> ranks = new LinkedHashMap<>();
    for (char c = 'a'; c <= 'c'; c++) {
      ranks.put(String.valueOf(c), ranks.size());
    }
    for (int i = random.nextInt(20); i > 0; i--) {
      ranks.putIfAbsent(text(random, random.nextInt(2, 5)), ranks.size());
    }
    return ranks;
  }

  private static String text(Random random, int length) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append((char) ('a' + random.nextInt(3)));
    }
    return text.toString();
  }
}
