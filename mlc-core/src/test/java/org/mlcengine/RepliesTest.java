package org.mlcengine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mlcengine.protocol.RequestMetrics;
import org.mlcengine.protocol.Usage;
import org.mlcengine.scheduler.EndReason;
import org.mlcengine.scheduler.SequenceTimes;

class RepliesTest {
  /** The second choice ended first, and shared the prompt that was computed for the first. */
  private static final List<Generation.End> ENDS =
      List.of(
          new Generation.End(1, EndReason.STOP, new SequenceTimes(10, 40, 60, 70, 6, 64, 2)),
          new Generation.End(0, EndReason.ABORT, new SequenceTimes(10, 30, 90, 70, 70, 0, 4)));

  @Test
  void thePromptCostsWhatItCostTheFirstChoice() {
    for (List<Generation.End> ends : List.of(ENDS, ENDS.reversed())) {
      Usage usage = Replies.usage(ends);
      assertThat(usage.promptTokens()).isEqualTo(70);
      assertThat(usage.cachedTokens()).isZero();
      assertThat(usage.completionTokens()).isEqualTo(6);
      RequestMetrics cost = usage.extra().orElseThrow();
      assertThat(cost.prefillTokens()).isEqualTo(70);
      assertThat(cost.decodeTokens()).isEqualTo(4);
      assertThat(cost.timeToFirstToken()).isEqualTo(Duration.ofNanos(20));
      assertThat(cost.endToEndLatency()).isEqualTo(Duration.ofNanos(80));
    }
  }
}
