package org.mlcengine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands as a user runs them: what goes to which stream, and the exit status. */
class CommandsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  private static Command askForTheCapital(String... options) {
    List<String> chat =
        List.of(
            "chat",
            Command.model(),
            "--prompt",
            "Name the capital of France.",
            "--temperature",
            "0");
    return run(chat, "", options);
  }

  @Test
  void chatPrintsTheReplyAndNothingElse() {
    Command chat = askForTheCapital();

    assertThat(chat.output()).isEqualTo("The capital of France is Paris.\n");
    assertThat(chat.errors()).isEmpty();
    assertThat(chat.status()).isZero();
  }

  @Test
  void chatGuessesTokensIfAsked() {
    Command chat =
        askForTheCapital("--speculative-mode", "prompt_lookup", "--spec-draft-length", "4");

    assertThat(chat.output()).isEqualTo("The capital of France is Paris.\n");
    assertThat(chat.status()).isZero();

    Command alone =
        Command.run("", "chat", Command.model(), "--prompt", "Hi", "--draft-model", "elsewhere");
    assertThat(alone.errors()).contains("draftModel", "SMALL_DRAFT");
    assertThat(alone.status()).isNotZero();
  }

  @Test
  void chatWithJsonPrintsOneCompletion() throws IOException {
    Command chat =
        Command.run(
            "",
            "chat",
            Command.model(),
            "--prompt",
            "Hi",
            "--json",
            "--max-tokens",
            "3",
            "--seed",
            "1",
            "--system",
            "Be brief.",
            "--top-p",
            "0.9");

    JsonNode reply = JSON.readTree(chat.output());
    assertThat(reply.path("object").asText()).isEqualTo("chat.completion");
    assertThat(reply.at("/choices/0/message/role").asText()).isEqualTo("assistant");
    assertThat(reply.at("/usage/completion_tokens").asInt()).isBetween(1, 3);
    assertThat(chat.output()).endsWith("}\n").doesNotContain("\n{");
    assertThat(chat.errors()).isEmpty();
  }

  @Test
  void aSavedChatGoesOn() throws IOException {
    String file = folder.resolve("session").toString();
    List<String> chat = List.of("chat", Command.model(), "--session", file, "--temperature", "0");
    String question = "Name the capital of France, and what it is known for.\n";
    assertThat(run(chat, question).output()).contains("Paris");

    Command second = run(chat, "", "--prompt", "And that of Italy?", "--json", "--max-tokens", "9");
    JsonNode usage = JSON.readTree(second.output()).path("usage");
    assertThat(usage.at("/prompt_tokens_details/cached_tokens").asInt()).isGreaterThan(60);

    Command refused = run(chat, "", "--system", "Be brief.");
    assertThat(refused.status()).isEqualTo(2);
    assertThat(refused.errors()).contains("--system begins a conversation");
  }

  private static Command run(List<String> command, String input, String... more) {
    return Command.run(
        input, Stream.concat(command.stream(), Stream.of(more)).toArray(String[]::new));
  }

  @Test
  void chatReadsQuestionsFromAPipe() {
    Command chat =
        Command.run(
            "Name the capital of France.\n/stats\nIt's \"Paris\", isn't it?\n/nonsense\n/reset\n/help\n/exit\nnot read\n",
            "chat",
            Command.model(),
            "--temperature",
            "0",
            "--max-tokens",
            "20");

    assertThat(chat.status()).isZero();
    assertThat(chat.output())
        .contains("Paris")
        .contains("tok/s")
        .contains("Unknown command /nonsense")
        .contains("The conversation is forgotten.")
        .contains("/reset")
        .doesNotContain("not read");
    assertThat(chat.errors()).isEmpty();
  }

  @Test
  void benchPrintsTheMediansAsJson() throws IOException {
    Command bench =
        Command.run(
            "",
            "bench",
            Command.model(),
            "--prompt-tokens",
            "9",
            "--decode-tokens",
            "4",
            "--repeats",
            "2",
            "--json");

    JsonNode result = JSON.readTree(bench.output());
    for (String name :
        new String[] {
          "prefill_tokens_per_s", "decode_tokens_per_s", "ttft_s", "load_s", "rss_bytes"
        }) {
      assertThat(result.path(name).asDouble()).as(name).isPositive();
    }
    assertThat(bench.errors()).isEmpty();
  }

  @Test
  void benchPrintsATable() {
    Command bench =
        Command.run(
            "",
            "bench",
            Command.model(),
            "--prompt-tokens",
            "9",
            "--decode-tokens",
            "4",
            "--repeats",
            "1",
            "--threads",
            "1",
            "--batch",
            "2",
            "--profile");

    assertThat(bench.output())
        .contains("threads: 1, streams: 2", "median", "stream_tokens_per_s", "rss_bytes")
        .contains("milliseconds of a step", "virtual machine", "Java");
    assertThat(bench.errors()).isEmpty();
  }

  @Test
  void benchAddsItsProfileToTheJson() throws IOException {
    Command bench =
        Command.run(
            "",
            "bench",
            Command.model(),
            "--prompt-tokens",
            "9",
            "--decode-tokens",
            "8",
            "--repeats",
            "1",
            "--profile",
            "--json");

    JsonNode profile = JSON.readTree(bench.output()).path("profile");
    for (String part : new String[] {"prefill", "decode"}) {
      double step = profile.at("/" + part + "/step_ms").asDouble();
      assertThat(profile.at("/" + part + "/java_ms").asDouble()).isBetween(0.0, step);
      assertThat(profile.at("/" + part + "/kernels_ms").isObject()).isTrue();
    }
  }

  @Test
  void doctorFindsNothingWrong() {
    Command doctor = Command.run("", "doctor");

    assertThat(doctor.output()).contains("natives", "kernels", "Nothing is wrong.");
    assertThat(doctor.status()).isZero();
  }

  @Test
  void aFailureIsOneLineOnStandardError() throws IOException {
    Files.writeString(folder.resolve("mlc-chat-config.json"), "{");
    for (String model : new String[] {folder.resolve("missing").toString(), folder.toString()}) {
      Command chat = Command.run("", "chat", model, "--prompt", "Hi");

      assertThat(chat.status()).isEqualTo(1);
      assertThat(chat.output()).isEmpty();
      assertThat(chat.errors()).startsWith("mlc: ").contains(model).hasLineCount(1);
    }
  }

  @Test
  void aNegativeTemperatureIsRefusedByName() {
    Command chat = Command.run("", "chat", "--prompt", "Hi", "--temperature", "-1");

    assertThat(chat.status()).isEqualTo(1);
    assertThat(chat.errors()).startsWith("mlc: temperature: ").hasLineCount(1);
  }

  @Test
  void wrongUsageExplainsItself() {
    assertThat(Command.run("", "chat", "--json").errors()).contains("--json needs --prompt");
    assertThat(Command.run("", "bench", "--repeats", "0").status()).isEqualTo(2);
    assertThat(Command.run("", "chat", "--temprature", "1").errors())
        .contains("--temprature")
        .contains("--temperature");
    assertThat(Command.run("").status()).isEqualTo(2);
    assertThat(Command.run("", "--help").output()).contains("convert_weight").contains("doctor");
    assertThat(Command.run("", "--version").output()).startsWith("mlc ");
  }
}
