package org.mlcengine.tokenizer.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mlcengine.errors.ModelLoadException;
import org.mlcengine.tokenizer.SpecialTokens;
import org.mlcengine.tokenizer.Tokenizer;
import org.mlcengine.tokenizer.TokenizerVectors;
import org.mlcengine.tokenizer.huggingface.SmallTokenizer;

/** Which files make a tokenizer, and which of several is chosen. */
class TokenizerFilesTest {
  private static final TokenizerVectors SENTENCE_PIECE =
      TokenizerVectors.read("sentencepiece", "BPE");
  private static final TokenizerVectors TIKTOKEN = TokenizerVectors.read("tiktoken", "Llama 3");
  private static final TokenizerVectors BYTE_LEVEL = TokenizerVectors.read("files", "merges.txt");

  @TempDir Path folder;

  @TestFactory
  Stream<DynamicTest> mergesAndVocabularyAgree() {
    return TokenizerVectors.read("files").stream()
        .map(
            line ->
                DynamicTest.dynamicTest(
                    line.name(),
                    () -> {
                      line.write(folder, "");
                      line.check(Tokenizers.load(folder));
                    }));
  }

  @Test
  void theOrderOfMlcDecides() throws IOException {
    rwkv("tokenizer_model");
    rwkv("rwkv_vocab_v20230424.txt");
    Tokenizer rwkv = Tokenizers.load(folder);
    assertThat(rwkv.vocabSize()).isGreaterThan(300);
    assertThat(rwkv.idOf("behind a gap")).isPresent();

    BYTE_LEVEL.write(folder, "");
    BYTE_LEVEL.check(Tokenizers.load(folder));

    SENTENCE_PIECE.write(folder, "tokenizer.model");
    SENTENCE_PIECE.check(Tokenizers.load(folder));

    Files.writeString(
        folder.resolve("tokenizer.json"), SmallTokenizer.resource("small-tokenizer.json"));
    assertThat(Tokenizers.load(folder).idOf("<|im_start|>")).hasValue(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"rwkv_vocab_v20230424.txt", "rwkv_vocab_v20230424.json", "tokenizer_model"})
  void aVocabularyOfRwkvIsEnough(String name) throws IOException {
    rwkv(name);
    Files.writeString(folder.resolve("mlc-chat-config.json"), "{\"tokenizer_files\":[]}");
    TokenizerVectors.read("rwkv", name).check(Tokenizers.load(folder));
    TokenizerVectors.read("rwkv", name).check(Tokenizers.load(folder.resolve(name)));
  }

  @Test
  void ranksAreKnownByTheirContentWhateverTheirName() throws IOException {
    TIKTOKEN.write(folder, "");
    TIKTOKEN.check(Tokenizers.load(folder));
    Files.move(folder.resolve("tokenizer.model"), folder.resolve("some.tiktoken"));
    TIKTOKEN.check(Tokenizers.load(folder));
    Files.move(folder.resolve("some.tiktoken"), folder.resolve("ranks"));
    TIKTOKEN.check(Tokenizers.load(folder.resolve("ranks")));
  }

  @Test
  void aModelOfSentencePieceMayHaveAnyName() throws IOException {
    SENTENCE_PIECE.write(folder, "spiece.model");
    SENTENCE_PIECE.check(Tokenizers.load(folder));
    SENTENCE_PIECE.write(folder, "tokenizer.model.v1");
    SENTENCE_PIECE.check(Tokenizers.load(folder.resolve("tokenizer.model.v1")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"tokenizer.json", "another-name.json", "no-ending"})
  void aTokenizerJsonMayBeNamedByItsFile(String name) throws IOException {
    Path file = folder.resolve(name);
    Files.writeString(file, SmallTokenizer.resource("small-tokenizer.json"));
    assertThat(Tokenizers.load(file).encode("fish")).isNotEmpty();
  }

  @Test
  void mergesAndVocabularyAreEnough() throws IOException {
    BYTE_LEVEL.write(folder, "");
    Files.delete(folder.resolve("added_tokens.json"));
    Tokenizer tokenizer = Tokenizers.load(folder);
    assertThat(tokenizer.idOf("<|im_start|>")).isEmpty();
    assertThat(tokenizer.isSpecial(tokenizer.idOf("<|endoftext|>").orElseThrow())).isTrue();
    assertThat(Tokenizers.load(folder.resolve("vocab.json")).encode("fish"))
        .isEqualTo(tokenizer.encode("fish"));
  }

  @Test
  void theMapOfSpecialTokensTellsWhichAreSpecial() throws IOException {
    BYTE_LEVEL.write(folder, "");
    Files.writeString(
        folder.resolve("special_tokens_map.json"),
        "{\"eos_token\":{\"content\":\"<|im_end|>\"},\"additional_special_tokens\":[\"<tool>\"]}");
    Tokenizer tokenizer = Tokenizers.load(folder);
    assertThat(tokenizer.isSpecial(500)).isFalse();
    assertThat(tokenizer.isSpecial(501)).isTrue();
    assertThat(tokenizer.isSpecial(502)).isTrue();
    assertThat(tokenizer.encode("<|im_start|><tool>", SpecialTokens.AS_TEXT))
        .startsWith(500)
        .doesNotContain(502);
  }

  @Test
  void severalOthersAreRefusedByName() throws IOException {
    rwkv("rwkv_vocab_v20230424.txt");
    SENTENCE_PIECE.write(folder, "spiece.model");
    assertThatThrownBy(() -> Tokenizers.load(folder))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("rwkv_vocab_v20230424.txt, spiece.model")
        .hasMessageContaining(folder.toString());
  }

  @Test
  void noneIsRefusedWithWhatTheFolderHolds() throws IOException {
    Files.writeString(folder.resolve("params_shard_0.bin"), "");
    Files.writeString(
        folder.resolve("mlc-chat-config.json"), "{\"tokenizer_files\":[\"tokenizer.json\"]}");
    assertThatThrownBy(() -> Tokenizers.load(folder))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("rwkv_vocab_v*.txt")
        .hasMessageContaining("mlc-chat-config.json, params_shard_0.bin");
  }

  @Test
  void aPathToNothingIsRefused() {
    assertThatThrownBy(() -> Tokenizers.load(folder.resolve("missing")))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("missing");
  }

  @Test
  void aFileOfNoKnownKindIsRefused() throws IOException {
    Path file = folder.resolve("notes.txt");
    Files.writeString(file, "Some text.");
    assertThatThrownBy(() -> Tokenizers.load(file))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("notes.txt")
        .hasMessageContaining("*.tiktoken");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "vocab.json | [] | an object",
        "vocab.json | {} | tokens",
        "vocab.json | {'a':1 | JSON",
        "vocab.json | {'a':'b'} | ids from 0",
        "vocab.json | {'a':-1} | ids from 0",
        "vocab.json | {'a':1,'b':1} | one token per id",
        "vocab.json | {'a':1}x | JSON",
        "added_tokens.json | {'<x>':3} | one token per id",
        "added_tokens.json | {'<x>':600,'<y>':600} | one token per id",
        "added_tokens.json | 7 | an object",
        "merges.txt | a b c | line 1",
        "merges.txt | a | line 1",
        "merges.txt | a qqq | 'qqq'",
        "special_tokens_map.json | { | JSON",
        "tokenizer_config.json | { | JSON",
      })
  void malformedFilesAreRefused(String name, String content, String expected) throws IOException {
    BYTE_LEVEL.write(folder, "");
    Files.writeString(folder.resolve(name), content.replace('\'', '"').replace("\"qqq\"", "'qqq'"));
    assertThatThrownBy(() -> Tokenizers.load(folder))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining(name)
        .hasMessageContaining(expected);
  }

  private void rwkv(String name) throws IOException {
    TokenizerVectors.read("rwkv", name).write(folder, "");
  }
}
