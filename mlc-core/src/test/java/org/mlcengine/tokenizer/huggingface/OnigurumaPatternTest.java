package org.mlcengine.tokenizer.huggingface;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.regex.MatchResult;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OnigurumaPatternTest {
  private static final String LLAMA_3 =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  @Test
  void whiteSpaceAndDigitsAreThoseOfUnicode() {
    assertThat(find("\\s", "a\u0085b\u00a0c\u2028d\u180ee\u200b")).hasSize(3);
    assertThat(find("[^\\S]", "\u3000\u1680x")).hasSize(2);
    assertThat(find("\\d+", "12 ١٢٣ ½")).containsExactly("12", "١٢٣");
    assertThat(find("[^\\D]", "a1")).containsExactly("1");
  }

  @Test
  void caseIsFoldedAsUnicodeDoes() {
    assertThat(find("(?i:'s)", "'s 'S '\u017f")).containsExactly("'s", "'S", "'\u017f");
  }

  @Test
  void theDotStopsAtLineFeedsOnly() {
    assertThat(find(".+", "a\rb\u2028c\nd")).containsExactly("a\rb\u2028c", "d");
  }

  @Test
  void scriptsAreKnown() {
    assertThat(find("\\p{Han}+", "ab橋下cd")).containsExactly("橋下");
    assertThat(find("[\\P{Greek}]+", "abγδ")).containsExactly("ab");
  }

  @Test
  void longTextNeedsNoStack() {
    for (String unit : List.of(" ", "\n", "a", "1", "-", "橋", " \n", "'", "\u0301")) {
      String text = unit.repeat(200_000) + "x";
      assertThat(String.join("", find(LLAMA_3, text))).isEqualTo(text);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "^a",
        "a$",
        "\\w+",
        "\\b",
        "\\h",
        "\\G",
        "\\1",
        "(?<=a)b",
        "(?<!a)b",
        "(?<name>a)",
        "(?m)a",
        "(a)*",
        "(?:ab)+",
        "(?:ab){2}",
        "a{1,2}+",
        "[a[b]]",
        "[a&&b]",
        "[]a]",
        "[^]a]",
        "[[:alpha:]]",
        "[a",
        "(a",
        "a)",
        "*a",
        "\\",
        "\\p",
        "\\p{",
        "\\pL",
        "\\p{^L}",
        "\\p{Alnum}",
        "\\p{Xy}"
      })
  void otherSyntaxIsRefused(String pattern) {
    assertThatThrownBy(() -> OnigurumaPattern.compile(pattern))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageMatching("(?s).+");
  }

  private static List<String> find(String pattern, String text) {
    return OnigurumaPattern.compile(pattern)
        .matcher(text)
        .results()
        .map(MatchResult::group)
        .toList();
  }
}
