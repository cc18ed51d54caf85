package org.mlcengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mlcengine.generation.ReplyText;
import org.mlcengine.generation.StopAutomaton;
import org.mlcengine.protocol.FinishReason;
import org.mlcengine.runtime.ScriptedModel;
import org.mlcengine.sampling.Mt19937;
import org.mlcengine.sampling.Sampler;
import org.mlcengine.sampling.SamplingParams;
import org.mlcengine.scheduler.EngineThread;
import org.mlcengine.scheduler.Scheduler;
import org.mlcengine.scheduler.SchedulerLimits;
import org.mlcengine.scheduler.Terms;
import org.mlcengine.tokenizer.StreamDecoder;

/** A request's queue between the engine's thread and its reader. */
class GenerationTest {
  private static final int TOKENS = 3_000;
  private static final int PAGES = 1_000;

  private static ReplySampler first() {
    Sampler greedy = new Sampler(new SamplingParams(0, 1), 1, new Mt19937(0));
    return new ConstrainedSampler(greedy, null, OptionalInt.empty());
  }

  /** The engine pauses whenever the queue is full, thousands of times, and must wake each time. */
  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aReaderThatLagsGetsTheWholeReply() {
    assertThat(texts(Generation.Delivery.PIECES))
        .hasSize(2 * TOKENS)
        .allMatch(text -> text.length() == 1);
  }

  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aReaderThatWaitsGetsOneTextForEachChoice() {
    assertThat(texts(Generation.Delivery.WHOLE))
        .hasSize(2)
        .allMatch(text -> text.length() == TOKENS);
  }

  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aTextThatCannotBeFinishedFailsItsRequestAlone() {
    try (var engine = engine()) {
      StreamDecoder broken =
          new Letters() {
            @Override
            public String finish() {
              throw new IllegalStateException("no end");
            }
          };
      List<RequestSummary> told = new ArrayList<>();
      Generation failing = generation(engine.scheduler(), told, 1, broken);
      assertThatThrownBy(
              () -> {
                while (!failing.ended()) {
                  failing.next();
                }
              })
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("no end");
      assertThat(told).hasSize(1);
      assertThat(told.getFirst().finishReasons()).containsExactly(FinishReason.ERROR);
      Generation sound = generation(engine.scheduler(), told, 1, new Letters());
      while (!sound.ended()) {
        sound.next();
      }
      assertThat(told).hasSize(2);
    }
  }

  private static EngineThread<ScriptedModel, Scheduler> engine() {
    return EngineThread.start(
        "scripted",
        () -> new ScriptedModel(1, PAGES, tokens -> 0),
        model -> new Scheduler(model, new SchedulerLimits(2, 64, 8, 0), System::nanoTime));
  }

  private static Generation generation(
      Scheduler scheduler, List<RequestSummary> told, int maxTokens, StreamDecoder decoder) {
    EngineListener listener =
        new EngineListener() {
          @Override
          public void onRequestEnd(RequestSummary request) {
            told.add(request);
          }
        };
    RequestReport report = new RequestReport(listener, RequestSummary.Operation.CHAT, 1);
    Generation generation = new Generation(scheduler, Generation.Delivery.PIECES, report);
    generation.add(
        new int[] {0},
        maxTokens,
        first(),
        new ReplyText(decoder, new StopAutomaton(List.of()), List.of()),
        Terms.DEFAULT);
    generation.start();
    return generation;
  }

  /** The texts of two choices of TOKENS letters each, read with pauses. */
  private static List<String> texts(Generation.Delivery delivery) {
    try (var engine = engine()) {
      RequestReport report =
          new RequestReport(new EngineListener() {}, RequestSummary.Operation.CHAT, 2);
      Generation generation = new Generation(engine.scheduler(), delivery, report);
      for (int choice = 0; choice < 2; choice++) {
        generation.add(
            new int[] {0},
            TOKENS,
            first(),
            new ReplyText(new Letters(), new StopAutomaton(List.of()), List.of()),
            Terms.DEFAULT);
      }
      generation.start();
      List<String> texts = new ArrayList<>();
      while (!generation.ended()) {
        if (generation.next() instanceof Generation.Text text) {
          texts.add(text.text());
        }
        Thread.onSpinWait();
      }
      return texts;
    }
  }
}
