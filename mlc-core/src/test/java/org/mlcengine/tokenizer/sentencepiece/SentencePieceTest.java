package org.mlcengine.tokenizer.sentencepiece;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mlcengine.errors.ModelLoadException;
import org.mlcengine.tokenizer.SpecialTokens;
import org.mlcengine.tokenizer.Tokenizer;
import org.mlcengine.tokenizer.TokenizerVectors;

class SentencePieceTest {
  @TempDir Path folder;

  @TestFactory
  Stream<DynamicTest> everyKindOfModelAgrees() {
    return TokenizerVectors.read("sentencepiece").stream()
        .map(line -> DynamicTest.dynamicTest(line.name(), () -> line.check(load(line.content()))));
  }

  @Test
  void tokensAreKnownByTheirTextsAndBytes() throws IOException {
    Tokenizer tokenizer = load("BPE as Llama");
    assertThat(tokenizer.idOf("<s>")).hasValue(1);
    assertThat(tokenizer.isSpecial(1)).isTrue();
    assertThat(tokenizer.tokenBytes(1)).isEmpty();
    assertThat(tokenizer.encode("<s>", SpecialTokens.RECOGNIZED))
        .doesNotContain(1)
        .isEqualTo(tokenizer.encode("<s>", SpecialTokens.AS_TEXT));
    int river = tokenizer.idOf("\u2581river").orElseThrow();
    assertThat(tokenizer.tokenBytes(river)).isEqualTo(" river".getBytes(StandardCharsets.UTF_8));
    assertThat(tokenizer.tokenBytes(tokenizer.idOf("<0xE2>").orElseThrow())).containsExactly(0xE2);
    assertThat(tokenizer.tokenBytes(-1)).isEmpty();
    assertThat(tokenizer.tokenBytes(tokenizer.vocabSize())).isEmpty();
    assertThat(tokenizer.idOf("no such piece")).isEmpty();
    assertThat(tokenizer.encode("\uD83D")).isEqualTo(tokenizer.encode("\uFFFD"));
  }

  @Test
  void controlPiecesEndCharactersThoughTheyHaveNoText() throws IOException {
    Tokenizer tokenizer = load("BPE as Llama");
    int[] ids = {
      tokenizer.idOf("<0xC3>").orElseThrow(),
      tokenizer.idOf("<s>").orElseThrow(),
      tokenizer.idOf("<0xA9>").orElseThrow()
    };
    assertThat(tokenizer.decode(ids)).isEqualTo("\ufffd\ufffd");
    assertThat(tokenizer.decodeWithoutSpecialTokens(ids)).isEqualTo("\ufffd\ufffd");
    assertThat(tokenizer.decode(ids[0], ids[2])).isEqualTo("\u00e9");
  }

  @Test
  void longTextsOfEveryKindAreSplit() throws IOException {
    // Work that grew with the square of the length would take minutes.
    for (String kind :
        new String[] {"unigram with byte fallback", "BPE as Llama", "word", "char"}) {
      Tokenizer tokenizer = load(kind);
      for (String unit :
          new String[] {"a", " ", "the river ", "\u00e9", "\u2581", "\ud83d\ude80"}) {
        String text = unit.repeat(400_000 / unit.length());
        assertThat(tokenizer.encode(text)).as(kind).hasSizeLessThan(1_700_000);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "hello world",
        "0a 05",
        "0a 03 0a 01 61",
        "0a 05 0a 01 61 18 09",
        "0a 05 0a 01 61 18 02 0a 05 0a 01 61 18 02",
        "0a 05 0a 01 61 18 02 0a 03 0a 01 61",
        "0a 05 0a 01 61 18 02 0a 02 0a 00",
        "0a 05 0a 01 61 18 02 0a 08 0a 01 62 15 00 00 80 7f",
        "0a 05 0a 01 61 18 02 0a 05 0a 01 62 18 06",
        "0a 05 0a 01 61 18 02 12 03 98 02 01",
        "0a 05 0a 01 61 18 02 1a 06 12 04 ff ff ff ff",
        "0a 05 0a 01 61 18 02 1a 0b 12 09 04 00 00 00 00 01 00 00 00",
        "0a 05 0a 01 61 18 02 ff ff ff ff ff ff ff ff ff ff ff",
      })
  void whatIsNoModelIsRefused(String content) {
    byte[] bytes =
        content.startsWith("hello") ? content.getBytes(StandardCharsets.UTF_8) : hex(content);
    assertThatThrownBy(() -> load(bytes))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("tokenizer.model")
        .hasMessageContaining("again.");
  }

  @Test
  void anUnknownTypeOfModelIsRefusedByName() {
    assertThatThrownBy(() -> load(hex("0a 05 0a 01 61 18 02 12 02 18 07")))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("model_type 7")
        .hasMessageContaining("UNIGRAM");
  }

  @Test
  void aPieceThatIsTooLongIsRefused() {
    ByteArrayOutputStream model = new ByteArrayOutputStream();
    model.writeBytes(hex("0a 83 10 0a 80 10"));
    model.writeBytes(new byte[2048]);
    assertThatThrownBy(() -> load(model.toByteArray()))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("1024");
  }

  @Test
  void aDamagedFileLoadsOrIsRefused() throws IOException {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    byte[] unigram = TokenizerVectors.read("sentencepiece", "unigram with symbols").content();
    byte[] bpe = TokenizerVectors.read("sentencepiece", "BPE with symbols").content();
    for (int round = 0; round < 1_500; round++) {
      byte[] damaged = damage(random.nextBoolean() ? unigram : bpe, random);
      try {
        Tokenizer tokenizer = load(damaged);
        tokenizer.decode(tokenizer.encode("The river  \uff21 \u00e9 runs <sep> 42 \u65e5"));
      } catch (ModelLoadException e) {
        assertThat(e).hasMessageContaining("tokenizer.model");
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed + ", round " + round, e);
      }
    }
  }

  private static byte[] damage(byte[] whole, Random random) {
    byte[] damaged = whole.clone();
    if (random.nextInt(4) == 0) {
      return Arrays.copyOf(damaged, random.nextInt(damaged.length));
    }
    // The normalizer stands at the end: half of the changes go there.
    int from = random.nextBoolean() ? 0 : Math.max(0, damaged.length - 1_500);
    for (int changes = random.nextInt(1, 5); changes > 0; changes--) {
      damaged[random.nextInt(from, damaged.length)] = (byte) random.nextInt(256);
    }
    return damaged;
  }

  private Tokenizer load(String name) throws IOException {
    return load(TokenizerVectors.read("sentencepiece", name).content());
  }

  private Tokenizer load(byte[] content) throws IOException {
    Path file = folder.resolve("tokenizer.model");
    Files.write(file, content);
    return SentencePieceReader.read(file);
  }

  private static byte[] hex(String digits) {
    String dense = digits.replace(" ", "");
    byte[] bytes = new byte[dense.length() / 2];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) Integer.parseInt(dense, 2 * i, 2 * i + 2, 16);
    }
    return bytes;
  }
}
