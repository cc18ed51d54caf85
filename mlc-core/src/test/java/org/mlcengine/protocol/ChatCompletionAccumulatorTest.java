package org.mlcengine.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.mlcengine.protocol.ChatCompletionChunk.Delta;
import org.mlcengine.protocol.ChatCompletionChunk.ToolCallDelta;

class ChatCompletionAccumulatorTest {
  private static final FinishReason[] REASONS = FinishReason.values();

  private static ChatCompletionChunk chunk(ChatCompletionChunk.Choice... choices) {
    return new ChatCompletionChunk("id", 7, "m", List.of(choices), Optional.empty(), "fp");
  }

  private static ChatCompletionChunk.Choice addition(int index, Delta delta) {
    return new ChatCompletionChunk.Choice(index, delta, Optional.empty());
  }

  private static ChatCompletionChunk.Choice text(int index, String text) {
    return addition(index, new Delta(Optional.empty(), Optional.of(text)));
  }

  private static ChatCompletionChunk.Choice call(int index, ToolCallDelta call) {
    return addition(index, new Delta(Optional.empty(), Optional.empty(), List.of(call)));
  }

  private static ChatCompletionChunk.Choice end(int index, FinishReason reason) {
    Delta nothing = new Delta(Optional.empty(), Optional.empty());
    return new ChatCompletionChunk.Choice(index, nothing, Optional.of(reason));
  }

  private static String words(Random random, int most) {
    StringBuilder words = new StringBuilder();
    for (int i = random.nextInt(most + 1); i > 0; i--) {
      words.appendCodePoint(random.nextBoolean() ? 'a' + random.nextInt(26) : 0x1F600);
    }
    return words.toString();
  }

  private static ChatCompletion reply(Random random) {
    List<ChatCompletion.Choice> choices = new ArrayList<>();
    int n = 1 + random.nextInt(4);
    for (int i = 0; i < n; i++) {
      List<ToolCall> calls = new ArrayList<>();
      for (int c = random.nextInt(3); c > 0; c--) {
        calls.add(ToolCall.of("call" + c, words(random, 5), words(random, 20)));
      }
      String text = words(random, 30);
      boolean content = calls.isEmpty() || !text.isEmpty();
      Optional<Logprobs> logprobs = Optional.empty();
      if (random.nextBoolean()) {
        logprobs = Optional.of(new Logprobs(tokens(random)));
      }
      choices.add(
          new ChatCompletion.Choice(
              i,
              ChatMessage.assistant(content ? Optional.of(text) : Optional.empty(), calls),
              REASONS[random.nextInt(REASONS.length)],
              logprobs));
    }
    return new ChatCompletion("id", 7, "m", choices, Optional.of(new Usage(3, n)), "fp");
  }

  private static List<Logprobs.TokenLogprob> tokens(Random random) {
    List<Logprobs.TokenLogprob> tokens = new ArrayList<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      tokens.add(
          new Logprobs.TokenLogprob(
              "t" + i,
              -random.nextDouble(),
              new byte[] {(byte) -i, 1},
              List.of(new Logprobs.TopLogprob("u", -i, new byte[] {2}))));
    }
    return tokens;
  }

  /** Cuts a string anywhere, also within a character. */
  private static List<String> pieces(String text, Random random) {
    List<String> pieces = new ArrayList<>();
    int from = 0;
    while (from < text.length()) {
      int to = Math.min(text.length(), from + random.nextInt(4));
      pieces.add(text.substring(from, to));
      from = to;
    }
    return pieces;
  }

  private static List<ChatCompletionChunk.Choice> additions(
      ChatCompletion.Choice choice, Random random) {
    int index = choice.index();
    List<ChatCompletionChunk.Choice> additions = new ArrayList<>();
    additions.add(
        addition(
            index,
            new Delta(
                Optional.of(Role.ASSISTANT),
                choice.message().content().isPresent() || random.nextBoolean()
                    ? Optional.of("")
                    : Optional.empty())));
    pieces(choice.message().content().orElse(""), random)
        .forEach(piece -> additions.add(text(index, piece)));
    List<ToolCall> calls = choice.message().toolCalls();
    for (int c = 0; c < calls.size(); c++) {
      int place = c;
      ToolCall call = calls.get(c);
      additions.add(call(index, ToolCallDelta.begin(c, call.id(), call.function().name())));
      pieces(call.function().arguments(), random)
          .forEach(piece -> additions.add(call(index, ToolCallDelta.arguments(place, piece))));
    }
    choice
        .logprobs()
        .ifPresent(
            logprobs -> {
              Delta nothing = new Delta(Optional.empty(), Optional.empty());
              additions.add(
                  new ChatCompletionChunk.Choice(
                      index, nothing, Optional.empty(), Optional.of(new Logprobs(List.of()))));
              for (Logprobs.TokenLogprob token : logprobs.content()) {
                additions.add(
                    new ChatCompletionChunk.Choice(
                        index,
                        nothing,
                        Optional.empty(),
                        Optional.of(new Logprobs(List.of(token)))));
              }
            });
    additions.add(end(index, choice.finishReason()));
    return additions;
  }

  /** Mixes the choices' additions, each choice's in order, into chunks of one or more. */
  private static List<ChatCompletionChunk> stream(ChatCompletion reply, Random random) {
    List<List<ChatCompletionChunk.Choice>> queues = new ArrayList<>();
    reply.choices().forEach(choice -> queues.add(additions(choice, random)));
    List<Integer> turns = new ArrayList<>();
    for (int i = 0; i < queues.size(); i++) {
      turns.addAll(Collections.nCopies(queues.get(i).size(), i));
    }
    Collections.shuffle(turns, random);
    List<ChatCompletionChunk> chunks = new ArrayList<>();
    List<ChatCompletionChunk.Choice> together = new ArrayList<>();
    for (int turn : turns) {
      together.add(queues.get(turn).removeFirst());
      if (random.nextBoolean()) {
        chunks.add(chunk(together.toArray(ChatCompletionChunk.Choice[]::new)));
        together.clear();
      }
    }
    chunks.add(chunk(together.toArray(ChatCompletionChunk.Choice[]::new)));
    chunks.add(new ChatCompletionChunk("id", 7, "m", List.of(), reply.usage(), "fp"));
    return chunks;
  }

  @Test
  void anySplitOfAReplyGivesTheReply() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      ChatCompletion reply = reply(random);
      ChatCompletionAccumulator accumulator = ChatCompletionAccumulator.create();
      for (ChatCompletionChunk chunk : stream(reply, random)) {
        ChatCompletionChunk read =
            ProtocolJson.read(ProtocolJson.write(chunk), ChatCompletionChunk.class);
        assertThat(accumulator.accumulate(chunk)).isSameAs(chunk);
        assertThat(read.choices()).hasSameSizeAs(chunk.choices());
      }
      assertThat(accumulator.chatCompletion())
          .as("seed %d, round %d", seed, round)
          .isEqualTo(reply);
    }
  }

  @Test
  void chunksOfAnotherReplyAreRefused() {
    ChatCompletionAccumulator accumulator = ChatCompletionAccumulator.create();
    accumulator.accumulate(chunk(text(0, "a")));
    ChatCompletionChunk other =
        new ChatCompletionChunk("id2", 7, "m", List.of(text(0, "b")), Optional.empty());
    assertThatThrownBy(() -> accumulator.accumulate(other))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("id2");
  }

  @Test
  void nothingFollowsAFinishReason() {
    ChatCompletionAccumulator accumulator = ChatCompletionAccumulator.create();
    accumulator.accumulate(chunk(text(0, "a"), end(0, FinishReason.STOP)));
    assertThatThrownBy(() -> accumulator.accumulate(chunk(text(0, "b"))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("finish_reason, stop");
    assertThat(accumulator.chatCompletion().choices().getFirst().message().content()).contains("a");
  }

  @Test
  void aReplyIsTakenOnlyWhenItIsWhole() {
    ChatCompletionAccumulator accumulator = ChatCompletionAccumulator.create();
    assertThatThrownBy(accumulator::chatCompletion).isInstanceOf(IllegalStateException.class);
    accumulator.accumulate(chunk(text(0, "a"), text(1, "b")));
    accumulator.accumulate(chunk(end(0, FinishReason.STOP)));
    assertThatThrownBy(accumulator::chatCompletion)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("Choice 1");
    accumulator.accumulate(chunk(end(1, FinishReason.LENGTH)));
    assertThat(accumulator.chatCompletion().choices()).hasSize(2);
  }

  @Test
  void callsHaveOneNameAndNoGaps() {
    ChatCompletionAccumulator renamed = ChatCompletionAccumulator.create();
    renamed.accumulate(chunk(call(0, ToolCallDelta.begin(0, "1", "f"))));
    assertThatThrownBy(() -> renamed.accumulate(chunk(call(0, ToolCallDelta.begin(0, "1", "g")))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("found g after f");

    ChatCompletionAccumulator unnamed = ChatCompletionAccumulator.create();
    unnamed.accumulate(
        chunk(call(0, ToolCallDelta.arguments(0, "{")), end(0, FinishReason.TOOL_CALLS)));
    assertThatThrownBy(unnamed::chatCompletion)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("an id");

    ChatCompletionAccumulator gap = ChatCompletionAccumulator.create();
    gap.accumulate(
        chunk(call(0, ToolCallDelta.begin(1, "1", "f")), end(0, FinishReason.TOOL_CALLS)));
    assertThatThrownBy(gap::chatCompletion)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("[1]");
  }
}
