package org.mlcengine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.mlcengine.protocol.FinishReason;
import org.mlcengine.protocol.GenerationParams;
import org.mlcengine.protocol.Usage;

/** Turns the events of a generation into chunks of one API's format. */
final class ReplyChunks<T> implements Supplier<@Nullable T> {
  /** The chunks of one API. */
  interface Format<T> {
    Optional<T> start(int choice);

    void text(Generation.Text text, Consumer<T> chunks);

    void end(int choice, FinishReason reason, Consumer<T> chunks);

    T usage(Usage usage);
  }

  private final Generation generation;
  private final Format<T> format;
  private final boolean includeUsage;
  private final ArrayDeque<T> ready = new ArrayDeque<>();
  private final List<Generation.End> ends = new ArrayList<>();

  private ReplyChunks(Generation generation, GenerationParams params, Format<T> format) {
    this.generation = generation;
    this.format = format;
    this.includeUsage = params.includeUsage();
    for (int choice = 0; choice < params.n(); choice++) {
      format.start(choice).ifPresent(ready::add);
    }
  }

  static <T> CompletionStream<T> stream(
      Generation generation, GenerationParams params, Format<T> format) {
    return new CompletionStream<>(
        new ReplyChunks<>(generation, params, format), generation::cancel);
  }

  @Override
  public @Nullable T get() {
    while (ready.isEmpty() && !generation.ended()) {
      collect(generation.next());
    }
    return ready.poll();
  }

  private void collect(Generation.Event event) {
    switch (event) {
      case Generation.Text text -> format.text(text, ready::add);
      case Generation.End end -> {
        format.end(end.choice(), Replies.reason(end.reason()), ready::add);
        ends.add(end);
        if (generation.ended() && includeUsage) {
          ready.add(format.usage(Replies.usage(ends)));
        }
      }
      case Generation.Failure failure -> throw failure.cause();
    }
  }
}
