package org.mlcengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.mlcengine.errors.ContextLengthExceededException;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.errors.RequestInterruptedException;
import org.mlcengine.protocol.ChatCompletion;
import org.mlcengine.protocol.ChatCompletionChunk;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.FinishReason;
import org.mlcengine.protocol.Role;
import org.mlcengine.protocol.Usage;

/** The chat API on the real model. */
class ChatCompletionsTest {
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
    return ChatCompletionCreateParams.builder().addUserMessage(question);
  }

  private static ChatCompletion create(ChatCompletionCreateParams.Builder request) {
    return engine.chat().completions().create(request.build());
  }

  private static String text(ChatCompletion reply) {
    return reply.choices().getFirst().message().content().orElseThrow();
  }

  private static List<ChatCompletionChunk> stream(ChatCompletionCreateParams.Builder request) {
    List<ChatCompletionChunk> chunks = new ArrayList<>();
    try (CompletionStream<ChatCompletionChunk> stream =
        engine.chat().completions().createStreaming(request.build())) {
      stream.forEach(chunks::add);
    }
    return chunks;
  }

  @Test
  void knowsTheCapitalOfFrance() {
    ChatCompletion reply = create(ask("Name the capital of France.").temperature(0));

    assertThat(text(reply)).contains("Paris");
    assertThat(reply.choices().getFirst().finishReason()).isEqualTo(FinishReason.STOP);
    assertThat(reply.usage().orElseThrow().promptTokens()).isEqualTo(36);
    assertThat(reply.id()).startsWith("chatcmpl-");
  }

  @Test
  void remembersTheConversation() {
    ChatCompletion alone = create(ask("And of Italy?").temperature(0).maxTokens(20));
    ChatCompletion reply =
        create(
            ask("Name the capital of France.")
                .addAssistantMessage("The capital of France is Paris.")
                .addUserMessage("And of Italy?")
                .temperature(0)
                .maxTokens(20));

    assertThat(text(reply)).contains("Rome");
    assertThat(text(alone)).isNotEqualTo(text(reply));
  }

  @Test
  void aStreamJoinsToTheWholeReply() {
    String whole = text(create(ask("Name three colours.").temperature(0).maxTokens(40)));
    List<ChatCompletionChunk> chunks =
        stream(ask("Name three colours.").temperature(0).maxTokens(40).includeUsage(true));

    StringBuilder joined = new StringBuilder();
    chunks.stream()
        .flatMap(chunk -> chunk.choices().stream())
        .forEach(choice -> joined.append(choice.delta().content().orElse("")));
    assertThat(joined.toString()).isEqualTo(whole);
    assertThat(chunks.getFirst().choices().getFirst().delta().role()).contains(Role.ASSISTANT);
    assertThat(chunks.get(1).choices().getFirst().delta().role()).isEmpty();
    assertThat(chunks.getLast().choices()).isEmpty();
    assertThat(chunks.getLast().usage()).isPresent();
    assertThat(chunks.get(chunks.size() - 2).choices().getFirst().finishReason()).isPresent();
    assertThat(chunks).allSatisfy(c -> assertThat(c.id()).isEqualTo(chunks.getFirst().id()));
  }

  @Test
  void maxTokensEndsWithLength() {
    ChatCompletion reply = create(ask("Tell me a long story.").temperature(0).maxTokens(5));

    assertThat(reply.choices().getFirst().finishReason()).isEqualTo(FinishReason.LENGTH);
    assertThat(reply.usage().orElseThrow().completionTokens()).isEqualTo(5);
  }

  @Test
  void aStopStringIsNeverShown() {
    List<ChatCompletionChunk> chunks =
        stream(ask("Count from 1 to 9.").temperature(0).maxTokens(60).stop("5"));

    String text =
        String.join(
            "",
            chunks.stream()
                .flatMap(chunk -> chunk.choices().stream())
                .map(choice -> choice.delta().content().orElse(""))
                .toList());
    assertThat(text).contains("4").doesNotContain("5");
    assertThat(chunks.getLast().choices().getFirst().finishReason()).contains(FinishReason.STOP);
  }

  @Test
  void theSameSeedGivesTheSameReplyWhateverRunsBesideIt() throws Exception {
    ChatCompletionCreateParams.Builder request =
        ask("Invent a name for a cat.").temperature(1).topP(0.95).seed(42).maxTokens(16);
    String alone = text(create(request));
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<String>> tasks = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        int index = i;
        tasks.add(
            () ->
                text(
                    create(
                        index == 2
                            ? ask("Invent a name for a cat.")
                                .temperature(1)
                                .topP(0.95)
                                .seed(42)
                                .maxTokens(16)
                            : ask("Say hello " + index).temperature(0).maxTokens(12))));
      }
      List<Future<String>> replies = callers.invokeAll(tasks);
      assertThat(replies.get(2).get()).isEqualTo(alone);
    }
  }

  @Test
  void differentSeedsGiveDifferentReplies() {
    List<String> replies =
        List.of(1, 2, 3).stream()
            .map(
                seed ->
                    text(create(ask("Invent a word.").temperature(1.5).seed(seed).maxTokens(12))))
            .distinct()
            .toList();

    assertThat(replies).hasSizeGreaterThan(1);
  }

  @Test
  void severalChoicesAreIndependent() {
    ChatCompletion reply = create(ask("Invent a word.").temperature(1).n(2).seed(7).maxTokens(8));

    assertThat(reply.choices()).extracting(ChatCompletion.Choice::index).containsExactly(0, 1);
    assertThat(reply.choices().getFirst().message())
        .isNotEqualTo(reply.choices().getLast().message());
    assertThat(reply.usage().orElseThrow().completionTokens()).isLessThanOrEqualTo(16);
  }

  @Test
  void closingAStreamStopsTheWork() {
    ChatCompletionCreateParams request = ask("Tell me a long story.").maxTokens(900).build();
    CompletionStream<ChatCompletionChunk> stream =
        engine.chat().completions().createStreaming(request);
    var chunks = stream.iterator();
    chunks.next();
    chunks.next();
    stream.close();

    List<ChatCompletionChunk> rest = new ArrayList<>();
    chunks.forEachRemaining(rest::add);
    assertThat(rest.getLast().choices().getFirst().finishReason()).contains(FinishReason.ABORT);
    assertThat(rest).hasSizeLessThan(300);
  }

  @Test
  void aStreamIsReadOnce() {
    try (CompletionStream<ChatCompletionChunk> stream =
        engine.chat().completions().createStreaming(ask("Hi").maxTokens(2).build())) {
      assertThat(stream.iterator()).hasNext();
      assertThatThrownBy(stream::iterator).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void anInterruptStopsTheCaller() {
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> create(ask("Tell me a long story.")))
        .isInstanceOf(RequestInterruptedException.class);
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void aPromptThatIsTooLongIsRefusedWithBothCounts() {
    String longText = "word ".repeat(1100);
    assertThatThrownBy(() -> create(ask(longText)))
        .isInstanceOfSatisfying(
            ContextLengthExceededException.class,
            e -> {
              assertThat(e.promptTokens()).isGreaterThan(1100);
              assertThat(e.maxInputTokens()).isEqualTo(1023);
            });
    knowsTheCapitalOfFrance();
  }

  @Test
  void aNegativeTemperatureIsRefusedByName() {
    assertThatThrownBy(() -> ask("Hi").temperature(-0.1).build())
        .isInstanceOfSatisfying(
            InvalidRequestException.class, e -> assertThat(e.parameter()).isEqualTo("temperature"));
    assertThat(Optional.of(engine.info().contextWindow())).contains(1024);
  }

  @Test
  void metricsCountEveryStep() {
    EngineMetrics before = engine.metrics();
    Usage usage =
        engine
            .chat()
            .completions()
            .create(
                ChatCompletionCreateParams.builder()
                    .addUserMessage("Tell me a long story.")
                    .maxTokens(9)
                    .ignoreEos(true)
                    .build())
            .usage()
            .orElseThrow();
    EngineMetrics metrics = engine.metrics().since(before);

    assertThat(metrics.prefill().tokens()).isEqualTo(usage.promptTokens());
    assertThat(metrics.decode().count()).isEqualTo(8);
    assertThat(metrics.decode().tokens()).isEqualTo(8);
    for (EngineMetrics.Steps steps : List.of(metrics.prefill(), metrics.decode())) {
      assertThat(steps.nativeTime()).isPositive().isLessThanOrEqualTo(steps.time());
      assertThat(steps.tokensPerSecond()).isPositive();
    }
  }
}
