package org.mlcengine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares what splits by hand with the published patterns, in the form that Java reads. */
class WordRuleTest {
  private static final String SPACE = "\\p{IsWhite_Space}";
  private static final String OTHER = " ?[^" + SPACE + "\\p{L}\\p{N}]";
  private static final String SPACE_BEFORE_SPACE = SPACE + "+(?!\\P{IsWhite_Space})";
  private static final String SHORT = "(?iu:'s|'t|'re|'ve|'m|'ll|'d)";
  private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String PREFIX = "[^\\r\\n\\p{L}\\p{N}]?";

  private static final Map<String, WordRule> RULES =
      Map.of(
          "gpt2", new Gpt2Words(),
          "cl100k", Gpt4Words.CL100K,
          "llama3", Gpt4Words.LLAMA3,
          "qwen", Gpt4Words.QWEN,
          "o200k", Gpt4Words.O200K);

  private static final Map<String, String> PATTERNS =
      Map.of(
          "gpt2",
          join(
              "'(?:[sdmt]|ll|ve|re)",
              " ?\\p{L}++",
              " ?\\p{N}++",
              OTHER + "++",
              SPACE + "++\\z",
              SPACE_BEFORE_SPACE,
              SPACE),
          "cl100k",
          join(
              "'(?iu:[sdmt]|ll|ve|re)",
              "[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++",
              "\\p{N}{1,3}+",
              OTHER + "++[\\r\\n]*+",
              SPACE + "++\\z",
              SPACE + "*[\\r\\n]",
              SPACE_BEFORE_SPACE,
              SPACE),
          "llama3",
          llama("\\p{N}{1,3}"),
          "qwen",
          llama("\\p{N}"),
          "o200k",
          join(
              PREFIX + UPPER + "*" + LOWER + "+" + SHORT + "?",
              PREFIX + UPPER + "+" + LOWER + "*" + SHORT + "?",
              "\\p{N}{1,3}",
              OTHER + "+[\\r\\n/]*",
              SPACE + "*[\\r\\n]+",
              SPACE_BEFORE_SPACE,
              SPACE + "+"));

  private static final List<String> UNITS =
      List.of(
          " ",
          " ",
          " ",
          "\n",
          "\r\n",
          "\r",
          "\t",
          "\u00a0",
          "\u2028",
          "\u3000",
          "\u0085",
          "'s",
          "'T",
          "'LL",
          "'re",
          "'Ve",
          "'d",
          "'\u017F",
          "'",
          "a",
          "B",
          "word",
          "Word",
          "HTML",
          "1",
          "12",
          "\u00b2",
          "\u0663",
          "\ud835\udfd9",
          "/",
          "//\n",
          "!",
          "...",
          "<|",
          "\u01C5",
          "\u02B0",
          "\u0301",
          "\u0940",
          "\u6A4B",
          "\u0915",
          "\ud83d\ude80",
          "\ud83d\udc69\u200d",
          "\ud835\udcb3",
          "\u180e",
          "\u200b",
          "\ufeff",
          "\ufffd",
          "\u0000");

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "cl100k", "llama3", "qwen", "o200k"})
  void everyWordEndsWhereTheMatchDoes(String name) {
    Pattern pattern = Pattern.compile(Objects.requireNonNull(PATTERNS.get(name)));
    WordRule rule = Objects.requireNonNull(RULES.get(name));
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 20_000; round++) {
      String text = text(random);
      assertThat(words(rule, text))
          .as("%s, seed %d, round %d", name, seed, round)
          .isEqualTo(matches(pattern, text));
    }
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    boolean anyCharacter = random.nextInt(4) == 0;
    for (int i = random.nextInt(1, 20); i > 0; i--) {
      if (anyCharacter && random.nextBoolean()) {
        int bound = random.nextBoolean() ? 0x3000 : Character.MAX_CODE_POINT + 1;
        text.appendCodePoint(random.nextInt(bound));
      } else {
        text.append(UNITS.get(random.nextInt(UNITS.size())).repeat(random.nextInt(8) / 7 + 1));
      }
    }
    return CodePoints.wellFormed(text.toString());
  }

  private static List<String> words(WordRule rule, String text) {
    List<String> words = new ArrayList<>();
    for (int begin = 0, end; begin < text.length(); begin = end) {
      end = rule.end(text, begin, text.length());
      words.add(text.substring(begin, end));
    }
    return words;
  }

  private static List<String> matches(Pattern pattern, String text) {
    List<String> words = new ArrayList<>();
    Matcher matcher = pattern.matcher(text);
    while (matcher.find()) {
      words.add(matcher.group());
    }
    return words;
  }

  private static String llama(String number) {
    return join(
        SHORT,
        PREFIX + "\\p{L}+",
        number,
        OTHER + "+[\\r\\n]*",
        SPACE + "*[\\r\\n]+",
        SPACE_BEFORE_SPACE,
        SPACE + "+");
  }

  private static String join(String... alternatives) {
    return String.join("|", alternatives);
  }
}
