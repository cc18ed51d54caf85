package org.mlcengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mlcengine.errors.ContextLengthExceededException;
import org.mlcengine.errors.EngineClosedException;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.errors.ModelNotLoadedException;
import org.mlcengine.errors.SessionBusyException;
import org.mlcengine.errors.SessionClosedException;
import org.mlcengine.protocol.ChatCompletion;
import org.mlcengine.protocol.ChatCompletionChunk;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.protocol.Tool;
import org.mlcengine.protocol.ToolChoice;
import org.mlcengine.protocol.Usage;

/** Conversations that the engine remembers, on the real model. */
class SessionTest {
  private static final String LONG =
      "Here is a list of things to keep in mind: " + "a river, a bridge, a small boat; ".repeat(20);
  private static final List<String> QUESTIONS =
      List.of(LONG + " What crosses the river?", "And what swims?", "Tell me a short story of it.");

  private static MLCEngine engine;

  @TempDir private Path folder;

  @BeforeAll
  static void open() {
    engine = TestModel.open();
  }

  @AfterAll
  static void close() {
    engine.close();
  }

  private static ChatCompletionCreateParams.Builder request() {
    return ChatCompletionCreateParams.builder().temperature(0).maxTokens(90).logprobs(true);
  }

  private static ChatCompletionCreateParams ask(String question) {
    return request().addUserMessage(question).build();
  }

  private static String text(ChatCompletion reply) {
    return reply.choices().getFirst().message().content().orElseThrow();
  }

  private static Usage usage(ChatCompletion reply) {
    return reply.usage().orElseThrow();
  }

  /** Replies with the whole conversation in each request, and nothing that is shared. */
  private static List<ChatCompletion> apart() {
    List<ChatCompletion> replies = new ArrayList<>();
    List<ChatMessage> messages = new ArrayList<>();
    for (String question : QUESTIONS) {
      messages.add(ChatMessage.user(question));
      ChatCompletionCreateParams alone =
          request().messages(messages).cacheSalt("alone " + messages.size()).build();
      replies.add(engine.chat().completions().create(alone));
      messages.add(replies.getLast().choices().getFirst().message());
    }
    return replies;
  }

  @Test
  void repliesAreTheSameToTheBitAndTurnsComputeLess() {
    List<ChatCompletion> apart = apart();
    try (Session session = engine.session("alice")) {
      for (int turn = 0; turn < QUESTIONS.size(); turn++) {
        // Saving waits until the reply before is computed for this turn.
        int kept = session.save(folder.resolve("alice"));
        assertThat(kept).isEqualTo(session.cachedTokens());
        assertThat(kept)
            .isGreaterThan(turn == 0 ? -1 : usage(apart.get(turn - 1)).totalTokens() - 72);
        ChatCompletion reply = session.create(ask(QUESTIONS.get(turn)));
        assertThat(reply.choices()).isEqualTo(apart.get(turn).choices());
        assertThat(usage(reply).cachedTokens()).isEqualTo(kept);
        assertThat(usage(reply).promptTokens()).isEqualTo(usage(apart.get(turn)).promptTokens());
      }
      assertThat(session.messages()).hasSize(6);
      assertThat(session.messages().getLast())
          .isEqualTo(apart.getLast().choices().getFirst().message());
    }
  }

  @Test
  void sessionsShareNothingWithOthersOfEqualText() {
    String question = LONG + " Name one of them.";
    engine.chat().completions().create(ask(question));
    try (Session one = engine.session("one");
        Session other = engine.session("other")) {
      ChatCompletion first = one.create(ask(question));
      assertThat(usage(first).cachedTokens()).isZero();
      assertThat(usage(other.create(ask(question))).cachedTokens()).isZero();
      assertThat(text(first)).isEqualTo(text(engine.chat().completions().create(ask(question))));
    }
    ChatCompletionCreateParams salted =
        ask(question).toBuilder().cacheSalt("one").addUserMessage("More.").build();
    assertThat(usage(engine.chat().completions().create(salted)).cachedTokens()).isZero();
  }

  @Test
  void aStreamIsRememberedWhenItEnds() {
    try (Session session = engine.session("streams")) {
      StringBuilder text = new StringBuilder();
      try (CompletionStream<ChatCompletionChunk> stream =
          session.createStreaming(ask("Name three rivers."))) {
        assertThat(session.messages()).isEmpty();
        stream.forEach(chunk -> text.append(contentOf(chunk)));
        assertThat(session.messages())
            .containsExactly(
                ChatMessage.user("Name three rivers."), ChatMessage.assistant(text.toString()));
      }
      assertThat(session.messages()).hasSize(2);
    }
  }

  private static String contentOf(ChatCompletionChunk chunk) {
    return chunk.choices().isEmpty() ? "" : chunk.choices().getFirst().delta().content().orElse("");
  }

  @Test
  void aStreamThatIsClosedEarlyKeepsWhatWasRead() {
    try (Session session = engine.session("early")) {
      StringBuilder read = new StringBuilder();
      try (CompletionStream<ChatCompletionChunk> stream =
          session.createStreaming(ask("Tell a long story."))) {
        Iterator<ChatCompletionChunk> chunks = stream.iterator();
        for (int i = 0; i < 5; i++) {
          read.append(contentOf(chunks.next()));
        }
      }
      assertThat(session.messages().getLast()).isEqualTo(ChatMessage.assistant(read.toString()));

      session.createStreaming(ask("Unread.")).close();
      assertThat(session.messages()).hasSize(2);
      assertThat(text(session.create(ask("And then?")))).isNotEmpty();
      assertThat(session.messages()).hasSize(4);
    }
  }

  @Test
  void oneTurnAtATime(@TempDir Path place) {
    try (Session session = engine.session("busy")) {
      try (CompletionStream<ChatCompletionChunk> stream = session.createStreaming(ask("Hello"))) {
        assertThatThrownBy(() -> session.create(ask("Me too")))
            .isInstanceOf(SessionBusyException.class)
            .hasMessageContaining("Session \"busy\" is busy");
        assertThatThrownBy(() -> session.save(place.resolve("busy")))
            .isInstanceOf(SessionBusyException.class);
        stream.forEach(chunk -> {});
      }
      session.create(ask("Now"));
    }
  }

  @Test
  void aTurnThatFailsLeavesTheSessionAsItWas() {
    try (Session session = engine.session("fails")) {
      session.create(ask("Hello"));
      List<ChatMessage> before = session.messages();
      assertThatThrownBy(() -> session.create(ask("word ".repeat(2_000))))
          .isInstanceOf(ContextLengthExceededException.class);
      assertThatThrownBy(() -> session.create(request().addSystemMessage("Late").build()))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("messages[2].role");
      assertThatThrownBy(() -> session.create(ask("x").toBuilder().n(2).build()))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("n: expected 1");
      assertThat(session.messages()).isEqualTo(before);
      session.create(ask("Still there?"));
    }
  }

  @Test
  void answersToCallsBeginWithTheMessageThatAsks() {
    ChatCompletionCreateParams.Builder call =
        ChatCompletionCreateParams.builder()
            .addTool(Tool.function("time", "Tells the time.", "{\"type\":\"object\"}"))
            .temperature(0)
            .maxTokens(60);
    try (Session session = engine.session("calls")) {
      ChatMessage asking =
          session
              .create(
                  call.addUserMessage("What time is it?").toolChoice(ToolChoice.required()).build())
              .choices()
              .getFirst()
              .message();
      String id = asking.toolCalls().getFirst().id();
      ChatCompletionCreateParams answer =
          call.messages(List.of(asking, ChatMessage.tool(id, "noon")))
              .toolChoice(ToolChoice.none())
              .build();
      session.create(answer);
      assertThat(session.messages()).hasSize(4);
      assertThat(session.messages().get(1)).isEqualTo(asking);
      assertThat(session.messages().get(2)).isEqualTo(ChatMessage.tool(id, "noon"));
    }
  }

  @Test
  void namesAreChecked() {
    for (String id : List.of("", "x".repeat(257))) {
      assertThatThrownBy(() -> engine.session(id))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("1 to 256 characters");
    }
    try (Session session = engine.session("x".repeat(256))) {
      assertThat(engine.session(session.id())).isSameAs(session);
    }
  }

  @Test
  void closingFreesThePagesAndEndsATurn() throws InterruptedException {
    int pages = engine.metrics().load().freeKvPages();
    Session session = engine.session("closing");
    session.create(ask(LONG));
    Session other = engine.session("waiting");
    CompletionStream<ChatCompletionChunk> stream =
        other.createStreaming(
            request().maxTokens(800).ignoreEos(true).addUserMessage(LONG).build());
    Iterator<ChatCompletionChunk> chunks = stream.iterator();
    chunks.next();
    session.close();
    session.close();
    other.close();
    assertThatThrownBy(() -> chunks.forEachRemaining(chunk -> {}))
        .isInstanceOf(SessionClosedException.class);
    stream.close();
    assertThatThrownBy(() -> session.create(ask("?"))).isInstanceOf(SessionClosedException.class);
    assertThatThrownBy(() -> session.save(folder.resolve("closed")))
        .isInstanceOf(SessionClosedException.class);
    assertThat(engine.session("closing")).isNotSameAs(session);
    while (engine.metrics().load().freeKvPages() < pages) {
      Thread.sleep(2);
    }
  }

  @Test
  void aRestoredSessionGoesOnAsIfItHadNeverBeenSaved() throws IOException {
    Path file = folder.resolve("alice");
    ChatCompletion expected;
    int saved;
    try (Session session = engine.session("saved")) {
      session.create(ask(QUESTIONS.get(0)));
      saved = session.save(file);
      expected = session.create(ask(QUESTIONS.get(1)));
    }
    assertThat(saved).isGreaterThan(200).isLessThanOrEqualTo(usage(expected).cachedTokens());
    try (Session session = engine.restoreSession(file)) {
      assertThat(session.id()).isEqualTo("saved");
      assertThat(session.cachedTokens()).isEqualTo(saved);
      assertThat(engine.session("saved")).isSameAs(session);
      assertThatThrownBy(() -> engine.restoreSession(file))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("\"saved\"");
      // Saved once more before a turn, the file is the same.
      Path again = folder.resolve("again");
      assertThat(session.save(again)).isEqualTo(saved);
      assertThat(Files.mismatch(file, again)).isEqualTo(-1);
      ChatCompletion reply = session.create(ask(QUESTIONS.get(1)));
      assertThat(reply.choices()).isEqualTo(expected.choices());
      assertThat(usage(reply).cachedTokens()).isEqualTo(saved);
    }
  }

  @Test
  void aConversationOutlivesItsModel() {
    try (MLCEngine other = TestModel.open();
        Session session = other.session("outlives")) {
      Path file = folder.resolve("outlives");
      assertThat(session.save(file)).isZero();
      ChatCompletion first = session.create(ask(QUESTIONS.get(0)));
      other.reload(TestModel.folder());
      assertThat(session.messages()).hasSize(2);
      ChatCompletion second = session.create(ask(QUESTIONS.get(1)));
      assertThat(usage(second).cachedTokens()).isZero();
      assertThat(second.choices()).isEqualTo(apart().get(1).choices());
      assertThat(usage(first).cachedTokens()).isZero();

      other.unload();
      assertThatThrownBy(() -> session.create(ask("?")))
          .isInstanceOf(ModelNotLoadedException.class);
      assertThat(session.save(file)).isZero();
      other.close();
      assertThatThrownBy(() -> session.create(ask("?"))).isInstanceOf(RuntimeException.class);
      assertThatThrownBy(() -> other.session("late")).isInstanceOf(EngineClosedException.class);
      assertThat(session.messages()).hasSize(4);
    }
    try (Session session = engine.restoreSession(folder.resolve("outlives"))) {
      assertThat(session.messages()).hasSize(4);
      assertThat(session.cachedTokens()).isZero();
    }
  }

  @Test
  void whatIsKeptGivesWayToRequests() {
    try (MLCEngine small = TestModel.builder().maxTotalSequenceLength(1024).build();
        Session session = small.session("gives way")) {
      session.create(ask(QUESTIONS.get(0)));
      ChatCompletionCreateParams large =
          request().maxTokens(2).addUserMessage("word ".repeat(900)).build();
      small.chat().completions().create(large);
      ChatCompletion second = session.create(ask(QUESTIONS.get(1)));
      assertThat(usage(second).cachedTokens()).isZero();
      assertThat(second.choices()).isEqualTo(apart().get(1).choices());
    }
  }
}
