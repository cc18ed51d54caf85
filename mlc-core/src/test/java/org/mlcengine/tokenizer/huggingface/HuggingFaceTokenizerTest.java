package org.mlcengine.tokenizer.huggingface;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.mlcengine.tokenizer.SpecialTokens;
import org.mlcengine.tokenizer.Tokenizer;

class HuggingFaceTokenizerTest {
  private static final Tokenizer TOKENIZER = SmallTokenizer.load();

  @Test
  void decodingUndoesEncoding() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 1_000; round++) {
      int[] points =
          random
              .ints(random.nextInt(40), 0, round % 2 == 0 ? 0x500 : 0x110000)
              .filter(c -> c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE)
              .toArray();
      String text = new String(points, 0, points.length);
      assertThat(TOKENIZER.decode(TOKENIZER.encode(text)))
          .as("seed %d, round %d", seed, round)
          .isEqualTo(text);
    }
  }

  @Test
  void aLoneSurrogateCountsAsTheReplacementCharacter() {
    assertThat(TOKENIZER.encode("a\uD83D b\uDE80 \uD83D\uDE80"))
        .isEqualTo(TOKENIZER.encode("a\uFFFD b\uFFFD 🚀"));
  }

  @Test
  void aWordOfAMillionCharactersIsEncoded() {
    String word = "ab".repeat(500_000);
    assertThat(TOKENIZER.decode(TOKENIZER.encode(word))).isEqualTo(word);
  }

  @Test
  void aTokenIsKnownByItsIdAndItsText() {
    int id = TOKENIZER.idOf("<|im_end|>").orElseThrow();
    assertThat(TOKENIZER.isSpecial(id)).isTrue();
    assertThat(TOKENIZER.tokenBytes(id)).asString(StandardCharsets.UTF_8).isEqualTo("<|im_end|>");
    assertThat(TOKENIZER.encode("<|im_end|>")).containsExactly(id);

    int river = TOKENIZER.idOf("Ġriver").orElseThrow();
    assertThat(TOKENIZER.isSpecial(river)).isFalse();
    assertThat(TOKENIZER.tokenBytes(river)).asString(StandardCharsets.UTF_8).isEqualTo(" river");
    assertThat(TOKENIZER.idOf("no such token")).isEmpty();
  }

  @Test
  void aSpecialTokenIsTextWhereThatIsAskedFor() {
    int end = TOKENIZER.idOf("<|im_end|>").orElseThrow();
    int[] ids = TOKENIZER.encode("a<|im_end|>", SpecialTokens.AS_TEXT);
    assertThat(ids).doesNotContain(end);
    assertThat(TOKENIZER.decode(ids)).isEqualTo("a<|im_end|>");
    assertThat(TOKENIZER.encode("a<|im_end|>", SpecialTokens.RECOGNIZED)).contains(end);
    assertThat(TOKENIZER.decodeWithoutSpecialTokens(TOKENIZER.encode("a<|im_end|>b")))
        .isEqualTo("ab");
  }

  @Test
  void anIdOutsideTheVocabularyContributesNothing() {
    int size = TOKENIZER.vocabSize();
    assertThat(TOKENIZER.tokenBytes(-1)).isEmpty();
    assertThat(TOKENIZER.tokenBytes(size)).isEmpty();
    assertThat(TOKENIZER.tokenBytes(size - 1)).isNotEmpty();
    assertThat(TOKENIZER.decode(Integer.MAX_VALUE, Integer.MIN_VALUE)).isEmpty();
    assertThat(TOKENIZER.isSpecial(size)).isFalse();
  }

  @Test
  void theBytesOfATokenAreTheCallersOwn() {
    int id = TOKENIZER.idOf("Ġriver").orElseThrow();
    TOKENIZER.tokenBytes(id)[0] = 'X';
    assertThat(TOKENIZER.decode(id)).isEqualTo(" river");
  }

  @Test
  void threadsShareATokenizer() {
    String text = "the river runs under an old stone bridge 42 naïve café ".repeat(20);
    int[] alone = SmallTokenizer.load().encode(text);
    assertThat(IntStream.range(0, 200).parallel().mapToObj(i -> TOKENIZER.encode(text)))
        .allSatisfy(ids -> assertThat(ids).isEqualTo(alone));
  }
}
