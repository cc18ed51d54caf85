package org.mlcengine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.mlcengine.protocol.FinishReason;
import org.mlcengine.protocol.RequestMetrics;
import org.mlcengine.protocol.Usage;
import org.mlcengine.sampling.TokenLogprobs;
import org.mlcengine.scheduler.EndReason;
import org.mlcengine.scheduler.SequenceTimes;

/** The whole replies of a request, and what they cost. */
final class Replies {
  /** Makes a choice. */
  interface ChoiceFactory<C> {
    C create(int index, String text, FinishReason reason, List<TokenLogprobs> logprobs);
  }

  private final StringBuilder[] texts;
  private final List<List<TokenLogprobs>> logprobs = new ArrayList<>();
  private final Generation.End[] ends;

  private Replies(int choices) {
    texts =
        IntStream.range(0, choices)
            .mapToObj(i -> new StringBuilder())
            .toArray(n -> new StringBuilder[n]);
    for (int i = 0; i < choices; i++) {
      logprobs.add(new ArrayList<>());
    }
    ends = new Generation.End[choices];
  }

  /** Reads a generation to its end. */
  static Replies collect(Generation generation, int choices) {
    Replies replies = new Replies(choices);
    while (!generation.ended()) {
      switch (generation.next()) {
        case Generation.Text text -> replies.add(text);
        case Generation.End end -> replies.ends[end.choice()] = end;
        case Generation.Failure failure -> throw failure.cause();
      }
    }
    return replies;
  }

  private void add(Generation.Text text) {
    texts[text.choice()].append(text.text());
    logprobs.get(text.choice()).addAll(text.logprobs());
  }

  <C> List<C> map(ChoiceFactory<C> factory) {
    List<C> choices = new ArrayList<>();
    for (int i = 0; i < ends.length; i++) {
      choices.add(
          factory.create(i, texts[i].toString(), reason(ends[i].reason()), logprobs.get(i)));
    }
    return choices;
  }

  Usage usage() {
    return usage(List.of(ends));
  }

  /**
   * Returns what the choices of a request cost together. The prompt counts once, as the first
   * choice found it: the others share what was computed for that one.
   *
   * @param ends in any order
   */
  static Usage usage(List<Generation.End> ends) {
    List<SequenceTimes> times =
        ends.stream()
            .sorted(Comparator.comparingInt(Generation.End::choice))
            .map(Generation.End::times)
            .toList();
    long submitted = times.stream().mapToLong(SequenceTimes::submitted).min().orElseThrow();
    long prefilled = times.stream().mapToLong(SequenceTimes::prefilled).min().orElseThrow();
    long ended = times.stream().mapToLong(SequenceTimes::ended).max().orElseThrow();
    int prompt = times.getFirst().promptTokens();
    int prefill = times.getFirst().prefillTokens();
    int generated = times.stream().mapToInt(SequenceTimes::generatedTokens).sum();
    int decoded = times.stream().mapToInt(t -> Math.max(0, t.generatedTokens() - 1)).sum();
    return new Usage(
        prompt,
        generated,
        times.getFirst().cachedTokens(),
        Optional.of(
            new RequestMetrics(
                prompt,
                generated,
                prefill,
                decoded,
                Duration.ofNanos(prefilled - submitted),
                Duration.ofNanos(ended - submitted))));
  }

  static FinishReason reason(EndReason reason) {
    return switch (reason) {
      case STOP -> FinishReason.STOP;
      case LENGTH -> FinishReason.LENGTH;
      case ABORT -> FinishReason.ABORT;
    };
  }
}
