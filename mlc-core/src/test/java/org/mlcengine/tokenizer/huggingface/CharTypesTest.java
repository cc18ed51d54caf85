package org.mlcengine.tokenizer.huggingface;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Marks of Unicode 16 that also have a decomposition are nothing special to the reference. */
class CharTypesTest {
  @ParameterizedTest
  @ValueSource(ints = {0x1611E, 0x16121, 0x16128, 0x16129, 0x1612F, 0x113CE, 0x10D69})
  void marksOfLaterVersionsAreNone(int c) {
    assertThat(CharTypes.isNonspacingMark(c)).isFalse();
    assertThat(CharTypes.isNotNormalized(c)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {0x300, 0x36F, 0x5BF, 0x1734, 0x20D0})
  void marksOfItsVersionAre(int c) {
    assertThat(CharTypes.isNonspacingMark(c)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "41,61",
    "1c89,1c8a",
    "a7cb,264",
    "a7d2,a7d3",
    "a7dc,19b",
    "10d65,10d85",
    "16eb8,16ed3"
  })
  void lettersOfLaterVersionsHaveALowerCase(String upper, String lower) {
    assertThat(CharTypes.toLowerCase(HexFormat.fromHexDigits(upper)))
        .isEqualTo(HexFormat.fromHexDigits(lower));
  }

  @ParameterizedTest
  @CsvSource({"39,true", "41,false", "bd,true", "11de0,true", "11dea,false", "16ff6,true"})
  void numbersOfLaterVersionsAre(String c, boolean number) {
    assertThat(CharTypes.isNumber(HexFormat.fromHexDigits(c))).isEqualTo(number);
  }
}
