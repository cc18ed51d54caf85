package org.mlcengine.tokenizer.tiktoken;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mlcengine.errors.ModelLoadException;
import org.mlcengine.tokenizer.SpecialTokens;
import org.mlcengine.tokenizer.Tokenizer;
import org.mlcengine.tokenizer.TokenizerVectors;

class TiktokenTest {
  @TempDir Path folder;

  @TestFactory
  Stream<DynamicTest> everyEncodingAgrees() {
    return TokenizerVectors.read("tiktoken").stream()
        .map(line -> DynamicTest.dynamicTest(line.name(), () -> line.check(load(line.name()))));
  }

  @Test
  void specialTokensAreRecognizedUnlessTheyAreText() throws IOException {
    Tokenizer tokenizer = load("cl100k_base");
    assertThat(tokenizer.encode("a<|im_end|>", SpecialTokens.RECOGNIZED)).endsWith(510);
    int[] ids = tokenizer.encode("a<|im_end|>", SpecialTokens.AS_TEXT);
    assertThat(ids).doesNotContain(510);
    assertThat(tokenizer.decode(ids)).isEqualTo("a<|im_end|>");
    assertThat(tokenizer.isSpecial(510)).isTrue();
    assertThat(tokenizer.isSpecial('a')).isFalse();
    assertThat(tokenizer.idOf("<|im_end|>")).hasValue(510);
    assertThat(tokenizer.idOf("no such token")).isEmpty();
    assertThat(tokenizer.vocabSize()).isEqualTo(511);
    assertThat(tokenizer.tokenBytes(510)).isEqualTo("<|im_end|>".getBytes(StandardCharsets.UTF_8));
    assertThat(tokenizer.tokenBytes(505)).isEmpty();
    assertThat(tokenizer.tokenBytes(-1)).isEmpty();
    assertThat(tokenizer.decodeWithoutSpecialTokens('a', 510, 'b')).isEqualTo("ab");
  }

  @ParameterizedTest
  @CsvSource({
    "config.json,llama,LLAMA3",
    "config.json,qwen,QWEN",
    "mlc-chat-config.json,chatglm,LLAMA3",
    "mlc-chat-config.json,gpt_oss,O200K_BASE",
  })
  void theTypeOfTheModelTellsTheEncoding(String config, String type, TiktokenEncoding encoding)
      throws IOException {
    Path file = folder.resolve("ranks.tiktoken");
    Files.writeString(file, bytes());
    Files.writeString(folder.resolve(config), "{\"model_type\":\"" + type + "\"}");
    assertThat(TiktokenReader.read(file).encode("abc 12345 DEFghi"))
        .isEqualTo(
            new TiktokenTokenizer(
                    Ranks.read(bytes().getBytes(StandardCharsets.UTF_8)),
                    new SpecialTable(List.of()),
                    encoding.words())
                .encode("abc 12345 DEFghi"));
  }

  @ParameterizedTest
  @CsvSource({
    "r50k_base,50256,50257",
    "p50k_base,50280,50280",
    "cl100k_base,100256,100277",
    "o200k_base,199998,200019",
    "qwen,151643,151851",
    "llama3,128000,128256",
    "llama4,200000,202048",
  })
  void publishedSpecialTokensAreKnown(String name, int ranks, int end) {
    TiktokenEncoding encoding = TiktokenEncoding.ofFileName(name + ".tiktoken").orElseThrow();
    assertThat(TiktokenEncoding.ofSize(ranks)).contains(encoding);
    assertThat(encoding.specials(ranks).values().stream().mapToInt(id -> id).max().orElseThrow())
        .isLessThan(end)
        .isGreaterThan(end - 25);
    assertThat(encoding.specials(ranks - 1)).isEmpty();
  }

  @Test
  void idsOfPublishedSpecialTokens() {
    assertThat(TiktokenEncoding.LLAMA3.specials(128_000))
        .containsEntry("<|eot_id|>", 128_009)
        .containsEntry("<|reserved_special_token_247|>", 128_255);
    assertThat(TiktokenEncoding.LLAMA4.specials(200_000))
        .containsEntry("<|eot|>", 200_008)
        .containsEntry("<|image|>", 200_090)
        .containsEntry("<|reasoning_thinking_end|>", 201_143)
        .containsEntry("<|reserved_special_token_903|>", 202_047);
    assertThat(TiktokenEncoding.QWEN.specials(151_643))
        .containsEntry("<|im_end|>", 151_645)
        .containsEntry("<|extra_204|>", 151_850);
  }

  @Test
  void anUnknownEncodingIsRefusedWithTheRemedy() throws IOException {
    Path file = folder.resolve("some.tiktoken");
    Files.writeString(file, bytes());
    assertThatThrownBy(() -> TiktokenReader.read(file))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("some.tiktoken")
        .hasMessageContaining("256 ranks")
        .hasMessageContaining("cl100k_base")
        .hasMessageContaining("tokenizer.json");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "YQ== 300;YQ== 301 | each token once",
        "YQ== 3 | each rank once",
        "YQ | line 257",
        "YQ== x | line 257",
        "YQ== 99999999999 | line 257",
        "Y?== 300 | line 257",
        "YQ== 300 1 | line 257",
        "YQ== -1 | line 257",
      })
  void linesThatAreNoRanksAreRefused(String lines, String expected) throws IOException {
    Path file = folder.resolve("cl100k_base.tiktoken");
    Files.writeString(file, bytes() + lines.replace(';', '\n'));
    assertThatThrownBy(() -> TiktokenReader.read(file))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("cl100k_base.tiktoken")
        .hasMessageContaining(expected);
  }

  @Test
  void missingBytesAreRefused() throws IOException {
    Path file = folder.resolve("cl100k_base.tiktoken");
    Files.writeString(file, "YQ== 0\n");
    assertThatThrownBy(() -> TiktokenReader.read(file))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("every byte");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'x':{'content':'<s>'}} | ids and contents",
        "{'300':{}} | ids and contents",
        "{'3':{'content':'<s>'}} | ids without ranks",
        "{'300':{'content':'<s>','lstrip':true}} | lstrip",
        "{'300':{'content':'<s>','single_word':true}} | single_word",
      })
  void addedTokensThatCannotBeHonouredAreRefused(String tokens, String expected)
      throws IOException {
    Path file = folder.resolve("cl100k_base.tiktoken");
    Files.writeString(file, bytes());
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        ("{'added_tokens_decoder':" + tokens + "}").replace('\'', '"'));
    assertThatThrownBy(() -> TiktokenReader.read(file))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining(expected);
  }

  @Test
  void longTextsOfEveryKindAreSplit() throws IOException {
    // Work that grew with the square of the length would take minutes.
    for (String kind : new String[] {"r50k_base", "cl100k_base", "o200k_base", "QWen"}) {
      Tokenizer tokenizer = load(kind);
      for (String unit : new String[] {"a", "A", " ", "1", "\n ", "'s", "\u00e9", "<|", "-"}) {
        String text = unit.repeat(400_000 / unit.length());
        assertThat(tokenizer.decode(tokenizer.encode(text))).as(kind).isEqualTo(text);
      }
    }
  }

  @Test
  void aDamagedFileLoadsOrIsRefused() throws IOException {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    load("cl100k_base");
    Path file = folder.resolve("cl100k_base.tiktoken");
    byte[] whole = Files.readAllBytes(file);
    for (int round = 0; round < 500; round++) {
      byte[] damaged = Arrays.copyOf(whole, random.nextInt(whole.length / 2, whole.length + 9));
      damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      Files.write(file, damaged);
      try {
        Tokenizer tokenizer = TiktokenReader.read(file);
        tokenizer.decode(tokenizer.encode("The river \u00e9 runs 42 \u65e5"));
      } catch (ModelLoadException e) {
        assertThat(e).hasMessageContaining("cl100k_base.tiktoken");
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed + ", round " + round, e);
      }
    }
  }

  private Tokenizer load(String name) throws IOException {
    TokenizerVectors.read("tiktoken", name).write(folder, "");
    String file =
        switch (name) {
          case "QWen" -> "some.tiktoken";
          case "Llama 3" -> "tokenizer.model";
          default -> name + ".tiktoken";
        };
    return TiktokenReader.read(folder.resolve(file));
  }

  /** Ranks of all bytes. */
  private static String bytes() {
    StringBuilder lines = new StringBuilder();
    for (int b = 0; b < 256; b++) {
      String token = Base64.getEncoder().encodeToString(new byte[] {(byte) b});
      lines.append(token).append(' ').append(b).append('\n');
    }
    return lines.toString();
  }
}
