package org.mlcengine.protocol;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Puts a streamed reply together: hand it each chunk, then take the whole reply. For one thread.
 *
 * <pre>{@code
 * ChatCompletionAccumulator whole = ChatCompletionAccumulator.create();
 * for (ChatCompletionChunk chunk : stream) {
 *   whole.accumulate(chunk);
 * }
 * ChatCompletion reply = whole.chatCompletion();
 * }</pre>
 */
public final class ChatCompletionAccumulator {
  private final TreeMap<Integer, Choice> choices = new TreeMap<>();
  private @Nullable ChatCompletionChunk first;
  private Optional<Usage> usage = Optional.empty();

  private ChatCompletionAccumulator() {}

  /** Returns an accumulator without chunks. */
  public static ChatCompletionAccumulator create() {
    return new ChatCompletionAccumulator();
  }

  /**
   * Adds the next chunk of the reply and returns it.
   *
   * @throws IllegalStateException if it belongs to another reply, or adds to a choice that has
   *     ended, or names a call again with another id or function
   */
  public ChatCompletionChunk accumulate(ChatCompletionChunk chunk) {
    if (first != null && !first.id().equals(chunk.id())) {
      throw new IllegalStateException(
          "Expected a chunk of the reply %s, found one of %s. Use an accumulator for each reply."
              .formatted(first.id(), chunk.id()));
    }
    chunk.choices().forEach(v -> choices.computeIfAbsent(v.index(), Choice::new).add(v));
    first = first == null ? chunk : first;
    usage = chunk.usage().or(() -> usage);
    return chunk;
  }

  /**
   * Returns the whole reply. A message that calls functions and has no text has no content.
   *
   * @throws IllegalStateException if no chunk was added, a choice has not ended, or a call was
   *     never named
   */
  public ChatCompletion chatCompletion() {
    ChatCompletionChunk head = first;
    if (head == null) {
      throw new IllegalStateException("Expected chunks of a reply, found none.");
    }
    return new ChatCompletion(
        head.id(),
        head.created(),
        head.model(),
        choices.values().stream().map(Choice::whole).toList(),
        usage,
        head.systemFingerprint());
  }

  private static IllegalStateException misuse(int choice, String expected) {
    return new IllegalStateException("Choice %d: expected %s.".formatted(choice, expected));
  }

  private static final class Choice {
    private final int index;
    private final TreeMap<Integer, Call> calls = new TreeMap<>();
    private final StringBuilder text = new StringBuilder();
    private boolean hasText;
    private Role role = Role.ASSISTANT;
    private @Nullable List<Logprobs.TokenLogprob> logprobs;
    private @Nullable FinishReason reason;

    Choice(int index) {
      this.index = index;
    }

    void add(ChatCompletionChunk.Choice addition) {
      if (reason != null) {
        throw misuse(index, "no chunk after the one with a finish_reason, " + reason.value());
      }
      ChatCompletionChunk.Delta delta = addition.delta();
      for (ChatCompletionChunk.ToolCallDelta call : delta.toolCalls()) {
        calls.computeIfAbsent(call.index(), i -> new Call()).add(index, call);
      }
      role = delta.role().orElse(role);
      hasText |= delta.content().isPresent();
      delta.content().ifPresent(text::append);
      addition.logprobs().ifPresent(this::add);
      reason = addition.finishReason().orElse(null);
    }

    private void add(Logprobs addition) {
      if (logprobs == null) {
        logprobs = new ArrayList<>();
      }
      logprobs.addAll(addition.content());
    }

    ChatCompletion.Choice whole() {
      if (reason == null) {
        throw misuse(index, "a last chunk with a finish_reason before the reply is taken");
      }
      List<ToolCall> whole = new ArrayList<>();
      for (Map.Entry<Integer, Call> call : calls.entrySet()) {
        if (call.getKey() != whole.size()) {
          throw misuse(index, "tool calls without gaps, found the indices " + calls.keySet());
        }
        whole.add(call.getValue().whole(index));
      }
      boolean content = hasText && !(text.isEmpty() && !whole.isEmpty());
      ChatMessage message =
          new ChatMessage(
              role,
              content ? List.of(text.toString()) : List.of(),
              Optional.empty(),
              whole,
              Optional.empty());
      return new ChatCompletion.Choice(
          index, message, reason, Optional.ofNullable(logprobs).map(Logprobs::new));
    }
  }

  private static final class Call {
    private Optional<String> id = Optional.empty();
    private Optional<String> name = Optional.empty();
    private final StringBuilder arguments = new StringBuilder();

    void add(int choice, ChatCompletionChunk.ToolCallDelta addition) {
      id = same(choice, "id", id, addition.id());
      name = same(choice, "name", name, addition.name());
      addition.arguments().ifPresent(arguments::append);
    }

    private static Optional<String> same(
        int choice, String what, Optional<String> known, Optional<String> added) {
      if (known.isPresent() && added.isPresent() && !known.equals(added)) {
        throw misuse(
            choice,
            "one %s for each tool call, found %s after %s"
                .formatted(what, added.get(), known.get()));
      }
      return known.or(() -> added);
    }

    ToolCall whole(int choice) {
      return ToolCall.of(
          id.orElseThrow(() -> misuse(choice, "an id for each tool call, found none")),
          name.orElseThrow(() -> misuse(choice, "a name for each tool call, found none")),
          arguments.toString());
    }
  }
}
