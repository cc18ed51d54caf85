package org.mlcengine.tokenizer.huggingface;

import static org.assertj.core.api.Assertions.assertThat;

import java.text.Normalizer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class UnicodeFormsTest {
  private static final int[] MARKS = {
    0x300, 0x301, 0x308, 0x315, 0x31B, 0x323, 0x327, 0x334, 0x344, 0x345, 0x34F, 0x35C, 0x5B0,
    0x64B, 0x651, 0x93C, 0x94D, 0xE38, 0xF71, 0xF73, 0x1DCE, 0x3099, 0x1D165, 0x1D16D
  };

  @ParameterizedTest
  @EnumSource(Normalizer.Form.class)
  void aLongRunOfMarksIsPutInOrder(Normalizer.Form form) {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      StringBuilder text = new StringBuilder("xe");
      for (int i = random.nextInt(60, 300); i > 0; i--) {
        text.appendCodePoint(MARKS[random.nextInt(MARKS.length)]);
      }
      text.append("o\u0308\u0323e\u0301");
      assertThat(UnicodeForms.normalize(text.toString(), form))
          .as("seed %d, round %d", seed, round)
          .isEqualTo(Normalizer.normalize(text, form));
    }
  }

  @Test
  void aMillionMarksAreNormalized() {
    String text = "a" + "\u0301\u0323".repeat(500_000);
    String normalized = UnicodeForms.normalize(text, Normalizer.Form.NFC);
    assertThat(normalized).hasSize(1_000_000).startsWith("\u1EA1\u0323").endsWith("\u0301\u0301");
  }

  @Test
  void charactersOfLaterVersionsAreLeftAlone() {
    // U+1ABF is a mark below since Unicode 13, and U+11938 is composed since then.
    assertThat(UnicodeForms.normalize("a\u1ABF\u0301", Normalizer.Form.NFC))
        .isEqualTo("a\u1ABF\u0301");
    String vowels = Character.toString(0x11935) + Character.toString(0x11930);
    assertThat(UnicodeForms.normalize(vowels, Normalizer.Form.NFC)).isEqualTo(vowels);
  }
}
