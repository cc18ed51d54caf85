package org.mlcengine.tokenizer.rwkv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mlcengine.errors.ModelLoadException;
import org.mlcengine.tokenizer.Tokenizer;
import org.mlcengine.tokenizer.TokenizerVectors;

class RwkvTest {
  private static final String PACKED = "tokenizer_model";
  private static final String TEXT = "rwkv_vocab_v20230424.txt";

  @TempDir Path folder;

  @TestFactory
  Stream<DynamicTest> everyFormOfTheVocabularyAgrees() {
    return TokenizerVectors.read("rwkv").stream()
        .map(line -> DynamicTest.dynamicTest(line.name(), () -> line.check(load(line.name()))));
  }

  @Test
  void tokensAreKnownByTheirTextsAndBytes() throws IOException {
    Tokenizer tokenizer = load(PACKED);
    int river = tokenizer.idOf(" river").orElseThrow();
    assertThat(tokenizer.tokenBytes(river)).isEqualTo(" river".getBytes(StandardCharsets.UTF_8));
    assertThat(tokenizer.isSpecial(river)).isFalse();
    assertThat(tokenizer.vocabSize()).isGreaterThan(300);
    assertThat(tokenizer.idOf("no such token")).isEmpty();
    assertThat(tokenizer.idOf("")).isEmpty();
    assertThat(tokenizer.tokenBytes(0)).isEmpty();
    assertThat(tokenizer.tokenBytes(tokenizer.vocabSize())).isEmpty();
    assertThat(tokenizer.encode("\uD83D")).isEqualTo(tokenizer.encode("\uFFFD"));
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      value = {
        "`` | id",
        "1 'a' | id",
        "1 'a' 2 | 2 bytes",
        "x 'a' 1 | whole number",
        "1 'a 1 | closing",
        "1 'a'b' 3 | nothing behind",
        "1 a 1 | a string or bytes",
        "1 '\\q' 1 | an escape",
        "1 '\\x4' 1 | hexadecimal",
        "1 '\\x4g' 1 | hexadecimal",
        "1 b'\\u0041' 1 | hexadecimal",
        "1 b'é' 1 | every byte",
        "1 '\\ud800' 1 | a character",
        "1 b'ā' 1 | a byte",
        "-1 'a' 1 | ids from 0",
        "99999999 'a' 1 | ids from 0",
        "1 '' 0 | tokens of 1",
        "1 'a' 1 | every byte",
      })
  void linesThatAreNoVocabularyAreRefused(String content, String expected) throws IOException {
    Files.writeString(folder.resolve(TEXT), content);
    assertThatThrownBy(() -> RwkvReader.readText(folder.resolve(TEXT)))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining(TEXT)
        .hasMessageContaining(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{",
        "{'a':1}x",
        "{'a':'b'}",
        "{'1':[256]}",
        "{'1':['a']}",
        "{'1':[1",
        "{'a':1.5}",
        "{'a':99999999999999999999}",
        "{'a':{}}",
        "{'1':[]}"
      })
  void jsonThatIsNoVocabularyIsRefused(String content) throws IOException {
    Path file = folder.resolve("rwkv_vocab_v20230424.json");
    Files.writeString(file, content.replace('\'', '"'));
    assertThatThrownBy(() -> RwkvReader.readJson(file))
        .isInstanceOf(ModelLoadException.class)
        .hasMessageContaining("rwkv_vocab_v20230424.json");
  }

  @Test
  void aDamagedFileLoadsOrIsRefused() throws IOException {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (String name : new String[] {PACKED, TEXT}) {
      load(name);
      byte[] whole = Files.readAllBytes(folder.resolve(name));
      for (int round = 0; round < 500; round++) {
        byte[] damaged = Arrays.copyOf(whole, random.nextInt(whole.length / 2, whole.length + 9));
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
        Files.write(folder.resolve(name), damaged);
        try {
          Tokenizer tokenizer = read(name);
          tokenizer.decode(tokenizer.encode("The river \u00e9 runs 42 \u65e5"));
        } catch (ModelLoadException e) {
          assertThat(e).hasMessageContaining(name);
        } catch (RuntimeException e) {
          throw new AssertionError("seed " + seed + ", round " + round, e);
        }
      }
    }
  }

  private Tokenizer load(String name) throws IOException {
    TokenizerVectors.read("rwkv", name).write(folder, name);
    return read(name);
  }

  private Tokenizer read(String name) {
    Path file = folder.resolve(name);
    if (name.equals(PACKED)) {
      return RwkvReader.readPacked(file);
    }
    return name.equals(TEXT) ? RwkvReader.readText(file) : RwkvReader.readJson(file);
  }
}
