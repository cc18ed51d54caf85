package org.mlcengine.tokenizer.huggingface;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mlcengine.tokenizer.Gpt4Words;

class RuleSplitTest {
  private static final String REST = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final String CASED =
      "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+";
  private static final String UPPER =
      "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*";
  private static final String[] UNITS = {
    "a", "B", "c", "\u01C5", "\u02B0", "\u0301", "\u0940", "橋", "1", "²", "12", " ", " ", "\n",
    "\r\n", "\t", "\u00a0", "'", "'s", "'LL", "'re", "'\u017F", "!", "/", "...", "🚀", "𝒳", "𝟙"
  };

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
            + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|"
            + REST,
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
            + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|"
            + REST,
        CASED
            + "(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
            + UPPER
            + "(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|"
            + REST,
        CASED + "|" + UPPER + "|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|" + REST
      })
  void itSplitsAsThePatternDoes(String pattern) {
    PreTokenizer expected =
        new RegexSplit(OnigurumaPattern.compile(pattern), false, SplitBehavior.ISOLATED);
    PreTokenizer split = new RuleSplit(Objects.requireNonNull(Gpt4Words.of(pattern)));
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 5_000; round++) {
      StringBuilder text = new StringBuilder("x");
      for (int i = random.nextInt(1, 20); i > 0; i--) {
        text.append(UNITS[random.nextInt(UNITS.length)]);
      }
      assertThat(pieces(split, text.toString()))
          .as("seed %d, round %d", seed, round)
          .isEqualTo(pieces(expected, text.toString()));
    }
  }

  @Test
  void anotherPatternIsNotKnown() {
    assertThat(Gpt4Words.of("\\p{L}+")).isNull();
  }

  private static List<String> pieces(PreTokenizer split, String text) {
    List<String> pieces = new ArrayList<>();
    split.split(
        text,
        1,
        text.length(),
        true,
        (whole, from, to, start) -> pieces.add(whole.substring(from, to) + start));
    return pieces;
  }
}
