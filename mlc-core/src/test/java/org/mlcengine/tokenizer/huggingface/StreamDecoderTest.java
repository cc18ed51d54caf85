package org.mlcengine.tokenizer.huggingface;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.mlcengine.tokenizer.StreamDecoder;
import org.mlcengine.tokenizer.Tokenizer;

class StreamDecoderTest {
  private static final Tokenizer TOKENIZER = SmallTokenizer.load();

  @Test
  void piecesJoinToTheDecodedText() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 2_000; round++) {
      int reach = random.nextBoolean() ? 260 : TOKENIZER.vocabSize() + 3;
      int[] ids = random.ints(random.nextInt(1, 40), -1, reach).toArray();
      assertThat(stream(ids)).as("seed %d, round %d", seed, round).isEqualTo(TOKENIZER.decode(ids));
    }
  }

  @Test
  void noPieceEndsWithinACharacter() {
    int[] ids = TOKENIZER.encode("a👩‍👩‍👧 ü 다리 \u0301");
    StreamDecoder decoder = TOKENIZER.streamDecoder();
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      String piece = decoder.append(id);
      assertThat(piece).doesNotContain("\uFFFD");
      assertThat(piece.isEmpty() || !Character.isHighSurrogate(piece.charAt(piece.length() - 1)))
          .isTrue();
      text.append(piece);
    }
    assertThat(text).hasToString("a👩‍👩‍👧 ü 다리 \u0301");
    assertThat(decoder.finish()).isEmpty();
  }

  @Test
  void aCharacterIsGivenOutWithItsLastByte() {
    StreamDecoder decoder = TOKENIZER.streamDecoder();
    assertThat(decoder.append(byteId(0xF0))).isEmpty();
    assertThat(decoder.append(byteId(0x9F))).isEmpty();
    assertThat(decoder.append(byteId(0x9A))).isEmpty();
    assertThat(decoder.append(byteId(0x80))).isEqualTo("🚀");
  }

  @Test
  void illFormedBytesBecomeOneReplacementPerMaximalSubpart() {
    assertThat(decode(0xE0, 0x80, 0x80)).isEqualTo("\uFFFD\uFFFD\uFFFD");
    assertThat(decode(0xED, 0xA0, 0x80)).isEqualTo("\uFFFD\uFFFD\uFFFD");
    assertThat(decode(0xF0, 0x90, 0x80)).isEqualTo("\uFFFD");
    assertThat(decode(0xF0, 0x90, 'a')).isEqualTo("\uFFFDa");
    assertThat(decode(0xF4, 0x90, 0xC0, 0xC3)).isEqualTo("\uFFFD\uFFFD\uFFFD\uFFFD");
    assertThat(decode(0xE2, 0x82, 0xC3, 0xBC)).isEqualTo("\uFFFDü");
  }

  @Test
  void anIncompleteCharacterAtTheEndIsReplacedAndForgotten() {
    StreamDecoder decoder = TOKENIZER.streamDecoder();
    assertThat(decoder.append(byteId(0xE2))).isEmpty();
    assertThat(decoder.finish()).isEqualTo("\uFFFD");
    assertThat(decoder.append(byteId('a'))).isEqualTo("a");
  }

  private static String stream(int[] ids) {
    StreamDecoder decoder = TOKENIZER.streamDecoder();
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(decoder.append(id));
    }
    return text + decoder.finish();
  }

  private static String decode(int... bytes) {
    int[] ids = new int[bytes.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = byteId(bytes[i]);
    }
    return TOKENIZER.decode(ids);
  }

  private static int byteId(int b) {
    return TOKENIZER.idOf(String.valueOf(ByteAlphabet.write(b))).orElseThrow();
  }
}
