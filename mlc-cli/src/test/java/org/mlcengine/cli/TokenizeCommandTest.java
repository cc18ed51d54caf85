package org.mlcengine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code mlc tokenize} on a folder that holds nothing but ranks of all bytes. */
class TokenizeCommandTest {
  @TempDir Path folder;

  @BeforeEach
  void ranks() throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int b = 0; b < 256; b++) {
      String token = Base64.getEncoder().encodeToString(new byte[] {(byte) b});
      lines.append(token).append(' ').append(b).append('\n');
    }
    Files.writeString(folder.resolve("cl100k_base.tiktoken"), lines);
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        "{\"added_tokens_decoder\":{\"300\":{\"content\":\"<|end|>\",\"special\":true}}}");
  }

  @Test
  void textsBecomeIdsAndIdsTexts() {
    String texts = "\"abc\"\n\"\"\r\n\"<|end|>\\n\"\n\"\u00e9\\ud83d\"";
    Command encoded = Command.run(texts, "tokenize", folder.toString());
    assertThat(encoded.errors()).isEmpty();
    assertThat(encoded.output()).isEqualTo("[97,98,99]\n[]\n[300,10]\n[195,169,239,191,189]\n");
    assertThat(encoded.status()).isZero();

    Command decoded = Command.run(encoded.output(), "tokenize", folder.toString(), "--decode");
    assertThat(decoded.output()).isEqualTo("\"abc\"\n\"\"\n\"<|end|>\\n\"\n\"\u00e9\ufffd\"\n");
    assertThat(decoded.status()).isZero();
  }

  @Test
  void specialTokensMayBeTextOrBeLeftOut() {
    String file = folder.resolve("cl100k_base.tiktoken").toString();
    assertThat(Command.run("\"<|\"\n\"<|end|>\"", "tokenize", file, "--special-as-text").output())
        .isEqualTo("[60,124]\n[60,124,101,110,100,124,62]\n");
    assertThat(Command.run("[97,300,98]", "tokenize", file, "--decode", "--no-special").output())
        .isEqualTo("\"ab\"\n");
    assertThat(Command.run("\"a\"", "tokenize", file, "--no-special").output()).isEqualTo("[97]\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "abc | `` | a JSON string",
        "\"abc | `` | a JSON string",
        "\"a\" \"b\" | `` | nothing behind",
        "[1] | `` | a JSON string",
        "`` | `` | a JSON string",
        "\"a\" | --decode | a JSON array",
        "[1 | --decode | a JSON array",
        "[1.5] | --decode | whole numbers",
        "[99999999999] | --decode | a JSON array",
        "[1] 2 | --decode | nothing behind",
      })
  void aWrongLineIsNamed(String line, String option, String expected) {
    boolean decode = option.equals("--decode");
    String input = (decode ? "[97]\n" : "\"a\"\n") + line + "\n";
    Command command =
        decode
            ? Command.run(input, "tokenize", folder.toString(), option)
            : Command.run(input, "tokenize", folder.toString());
    assertThat(command.status()).isEqualTo(2);
    assertThat(command.output()).isEqualTo(decode ? "\"a\"\n" : "[97]\n");
    assertThat(command.errors()).startsWith("mlc: line 2 of standard input").contains(expected);
  }

  @Test
  void wrongUsageExplainsItself() {
    Command both = Command.run("", "tokenize", folder.toString(), "--decode", "--special-as-text");
    assertThat(both.status()).isEqualTo(2);
    assertThat(both.errors()).contains("--special-as-text");

    Command missing = Command.run("", "tokenize", folder.resolve("missing").toString());
    assertThat(missing.status()).isEqualTo(1);
    assertThat(missing.errors()).startsWith("mlc: ").contains("missing").hasLineCount(1);

    assertThat(Command.run("", "tokenize", "--help").output()).contains("--decode", "MODEL");
  }

  @Test
  void linesMayHaveAnyLength() throws IOException {
    String text = "a\n\n" + "b".repeat(200_000) + "\nc";
    Lines lines = new Lines(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    assertThat(lines.next()).asString().isEqualTo("a");
    assertThat(lines.next()).isEmpty();
    assertThat(lines.next()).hasSize(200_000);
    assertThat(lines.isReady()).isTrue();
    assertThat(lines.next()).asString().isEqualTo("c");
    assertThat(lines.number()).isEqualTo(4);
    assertThat(lines.next()).isNull();
  }
}
