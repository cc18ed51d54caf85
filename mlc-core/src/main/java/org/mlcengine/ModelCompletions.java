package org.mlcengine;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.mlcengine.protocol.Completion;
import org.mlcengine.protocol.CompletionCreateParams;
import org.mlcengine.protocol.CompletionLogprobs;
import org.mlcengine.protocol.FinishReason;
import org.mlcengine.protocol.Usage;

/** A language model's continuations of texts. */
final class ModelCompletions {
  private final Requests requests;

  ModelCompletions(Requests requests) {
    this.requests = requests;
  }

  /** Waits for the whole continuation. */
  Completion create(CompletionCreateParams params, RequestReport report) {
    ReplyHead head = requests.head("cmpl-", params);
    int[] prompt = requests.prompt(params);
    String echo = requests.echo(params, prompt);
    Replies replies =
        Replies.collect(
            requests.start(
                prompt,
                params,
                params.responseFormat(),
                params.logprobs(),
                Generation.Delivery.WHOLE,
                report),
            params.n());
    List<Completion.Choice> choices =
        replies.map(
            (index, text, reason, logprobs) ->
                new Completion.Choice(
                    index,
                    echo + text,
                    Optional.of(reason),
                    params.logprobs().isPresent()
                        ? Optional.of(
                            requests.logprobs().text(logprobs, requests.logprobs().start()))
                        : Optional.empty()));
    return new Completion(
        head.id(), head.created(), head.model(), choices, Optional.of(replies.usage()));
  }

  /** Starts a continuation. */
  CompletionStream<Completion> createStreaming(
      CompletionCreateParams params, RequestReport report) {
    int[] prompt = requests.prompt(params);
    Pieces pieces =
        new Pieces(
            requests.head("cmpl-", params),
            requests.echo(params, prompt),
            params.logprobs().isPresent() ? requests.logprobs() : null);
    return ReplyChunks.stream(
        requests.start(
            prompt,
            params,
            params.responseFormat(),
            params.logprobs(),
            Generation.Delivery.PIECES,
            report),
        params,
        pieces);
  }

  private static final class Pieces implements ReplyChunks.Format<Completion> {
    private final ReplyHead head;
    private final String echo;
    private final @Nullable ReplyLogprobs logprobs;
    private final Map<Integer, ReplyLogprobs.Place> places = new HashMap<>();

    Pieces(ReplyHead head, String echo, @Nullable ReplyLogprobs logprobs) {
      this.head = head;
      this.echo = echo;
      this.logprobs = logprobs;
    }

    @Override
    public Optional<Completion> start(int choice) {
      return echo.isEmpty()
          ? Optional.empty()
          : Optional.of(
              piece(
                  List.of(new Completion.Choice(choice, echo, Optional.empty())),
                  Optional.empty()));
    }

    @Override
    public void text(Generation.Text text, Consumer<Completion> chunks) {
      var choice = new Completion.Choice(text.choice(), text.text(), Optional.empty(), told(text));
      chunks.accept(piece(List.of(choice), Optional.empty()));
    }

    private Optional<CompletionLogprobs> told(Generation.Text text) {
      ReplyLogprobs writer = logprobs;
      return writer == null
          ? Optional.empty()
          : Optional.of(
              writer.text(
                  text.logprobs(), places.computeIfAbsent(text.choice(), c -> writer.start())));
    }

    @Override
    public void end(int choice, FinishReason reason, Consumer<Completion> chunks) {
      var end = new Completion.Choice(choice, "", Optional.of(reason));
      chunks.accept(piece(List.of(end), Optional.empty()));
    }

    @Override
    public Completion usage(Usage usage) {
      return piece(List.of(), Optional.of(usage));
    }

    private Completion piece(List<Completion.Choice> choices, Optional<Usage> usage) {
      return new Completion(head.id(), head.created(), head.model(), choices, usage);
    }
  }
}
