package org.mlcengine;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mlcengine.generation.ReplyText;
import org.mlcengine.runtime.ScriptedModel;
import org.mlcengine.scheduler.EngineThread;
import org.mlcengine.scheduler.Scheduler;
import org.mlcengine.tokenizer.StreamDecoder;

/** A request's queue between the engine's thread and its reader. */
class GenerationTest {
  private static final int TOKENS = 3_000;
  private static final int PAGES = 1_000;

  private static final class Letters implements StreamDecoder {
    @Override
    public String append(int id) {
      return "x";
    }

    @Override
    public String finish() {
      return "";
    }
  }

  private static int first(MemorySegment logits) {
    return 0;
  }

  /** The engine pauses whenever the queue is full, thousands of times, and must wake each time. */
  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aReaderThatLagsGetsTheWholeReply() {
    try (var engine =
        EngineThread.start(
            "scripted",
            () -> new ScriptedModel(1, PAGES, tokens -> 0),
            model -> new Scheduler(model, 2, 64, System::nanoTime))) {
      Generation generation = new Generation(engine.scheduler());
      for (int choice = 0; choice < 2; choice++) {
        generation.add(
            new int[] {0},
            TOKENS,
            GenerationTest::first,
            new ReplyText(new Letters(), List.of(), List.of()));
      }
      generation.start();
      AtomicInteger texts = new AtomicInteger();
      while (!generation.ended()) {
        if (generation.next() instanceof Generation.Text) {
          texts.incrementAndGet();
        }
        Thread.onSpinWait();
      }
      assertThat(texts).hasValue(2 * TOKENS);
    }
  }
}
