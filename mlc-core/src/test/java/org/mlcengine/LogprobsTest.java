package org.mlcengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.mlcengine.protocol.ChatCompletion;
import org.mlcengine.protocol.ChatCompletionChunk;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.Completion;
import org.mlcengine.protocol.CompletionCreateParams;
import org.mlcengine.protocol.CompletionLogprobs;
import org.mlcengine.protocol.Logprobs;

/** Probabilities of tokens on the real model. */
class LogprobsTest {
  private static MLCEngine engine;

  @BeforeAll
  static void open() {
    engine = TestModel.open();
  }

  @AfterAll
  static void close() {
    engine.close();
  }

  private static ChatCompletionCreateParams.Builder ask(String question) {
    return ChatCompletionCreateParams.builder()
        .addUserMessage(question)
        .temperature(0)
        .maxTokens(24)
        .logprobs(true)
        .topLogprobs(3);
  }

  private static ChatCompletion.Choice create(ChatCompletionCreateParams.Builder request) {
    return engine.chat().completions().create(request.build()).choices().getFirst();
  }

  private static String text(List<Logprobs.TokenLogprob> tokens) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    tokens.forEach(token -> token.bytes().forEach(bytes::write));
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void everyTokenOfTheReplyIsTold() {
    ChatCompletion.Choice choice = create(ask("Name the capital of France."));

    List<Logprobs.TokenLogprob> tokens = choice.logprobs().orElseThrow().content();
    assertThat(text(tokens)).isEqualTo(choice.message().content().orElseThrow());
    assertThat(tokens)
        .allSatisfy(
            token -> {
              assertThat(token.logprob()).isLessThanOrEqualTo(0);
              assertThat(token.topLogprobs()).hasSize(3);
              assertThat(token.topLogprobs().getFirst().token()).isEqualTo(token.token());
              assertThat(token.topLogprobs().getFirst().logprob()).isEqualTo(token.logprob());
              assertThat(token.topLogprobs().stream().mapToDouble(t -> Math.exp(t.logprob())).sum())
                  .isLessThanOrEqualTo(1 + 1e-5);
            });
  }

  @Test
  void aStreamTellsTheSameAsTheWholeReply() {
    Logprobs whole = create(ask("Say something with an emoji.")).logprobs().orElseThrow();

    List<Logprobs.TokenLogprob> told = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    try (CompletionStream<ChatCompletionChunk> stream =
        engine.chat().completions().createStreaming(ask("Say something with an emoji.").build())) {
      for (ChatCompletionChunk chunk : stream) {
        for (ChatCompletionChunk.Choice choice : chunk.choices()) {
          choice.logprobs().ifPresent(logprobs -> told.addAll(logprobs.content()));
          text.append(choice.delta().content().orElse(""));
        }
      }
    }
    assertThat(told).isEqualTo(whole.content());
    assertThat(text(told)).isEqualTo(text.toString());
  }

  @Test
  void tokensBehindAStopStringAreNotTold() {
    ChatCompletion.Choice whole = create(ask("Count from 1 to 9.").maxTokens(40));
    ChatCompletion.Choice cut = create(ask("Count from 1 to 9.").maxTokens(40).stop("5"));

    String shown = cut.message().content().orElseThrow();
    List<Logprobs.TokenLogprob> told = cut.logprobs().orElseThrow().content();
    assertThat(whole.message().content().orElseThrow()).startsWith(shown + "5");
    assertThat(text(told)).startsWith(shown);
    assertThat(text(told.subList(0, told.size() - 1)))
        .satisfies(before -> assertThat(shown).startsWith(before));
  }

  @Test
  void nothingIsToldUnlessItWasAskedFor() {
    assertThat(create(ask("Hi").logprobs(false).topLogprobs(0)).logprobs()).isEmpty();
  }

  @Test
  void continuationsTellTheirTokensInTheOldForm() {
    CompletionCreateParams request =
        CompletionCreateParams.builder()
            .prompt("The capital of France is")
            .temperature(0)
            .maxTokens(8)
            .logprobs(2)
            .build();
    Completion.Choice whole = engine.completions().create(request).choices().getFirst();

    CompletionLogprobs logprobs = whole.logprobs().orElseThrow();
    assertThat(String.join("", logprobs.tokens())).isEqualTo(whole.text());
    assertThat(logprobs.topLogprobs()).hasSameSizeAs(logprobs.tokens());
    assertThat(logprobs.textOffset().getFirst()).isZero();
    assertThat(logprobs.textOffset().get(1)).isEqualTo(logprobs.tokens().getFirst().length());
    assertThat(logprobs.topLogprobs().getFirst().get(logprobs.tokens().getFirst()))
        .isCloseTo(logprobs.tokenLogprobs().getFirst().orElseThrow(), within(1e-6));

    List<Integer> offsets = new ArrayList<>();
    try (CompletionStream<Completion> stream = engine.completions().createStreaming(request)) {
      stream.stream()
          .flatMap(piece -> piece.choices().stream())
          .map(Completion.Choice::logprobs)
          .flatMap(Optional::stream)
          .forEach(piece -> offsets.addAll(piece.textOffset()));
    }
    assertThat(offsets).isEqualTo(logprobs.textOffset());
  }

  @Test
  void anEchoedPromptStandsBeforeTheReply() {
    CompletionCreateParams.Builder request =
        CompletionCreateParams.builder()
            .prompt("The capital of France is")
            .temperature(0)
            .maxTokens(4);
    String reply = text(request.echo(false));

    assertThat(text(request.echo(true))).isEqualTo("The capital of France is" + reply);
    try (CompletionStream<Completion> stream =
        engine.completions().createStreaming(request.echo(true).build())) {
      StringBuilder joined = new StringBuilder();
      stream.forEach(piece -> piece.choices().forEach(choice -> joined.append(choice.text())));
      assertThat(joined).hasToString("The capital of France is" + reply);
    }
  }

  private static String text(CompletionCreateParams.Builder request) {
    return engine.completions().create(request.build()).choices().getFirst().text();
  }
}
