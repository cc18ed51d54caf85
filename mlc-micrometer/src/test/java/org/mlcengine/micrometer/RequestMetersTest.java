package org.mlcengine.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.mlcengine.RequestSummary;
import org.mlcengine.RequestSummary.Operation;
import org.mlcengine.errors.ModelNotLoadedException;
import org.mlcengine.errors.QueueFullException;
import org.mlcengine.protocol.FinishReason;

class RequestMetersTest {
  private static final String DURATION = "gen_ai.server.request.duration";
  private static final String FIRST_TOKEN = "gen_ai.server.time_to_first_token";
  private static final String OUTPUT_TOKEN = "gen_ai.server.time_per_output_token";
  private static final String USAGE = "gen_ai.client.token.usage";

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final RequestMeters meters = new RequestMeters(registry);

  /** A chat that takes 100 ms to its first token and 300 ms in all. */
  private static RequestSummary chat(
      int choices, int output, FinishReason reason, @Nullable RuntimeException failure) {
    return new RequestSummary(
        Operation.CHAT,
        "small",
        choices,
        20,
        5,
        output,
        output == 0 ? Optional.empty() : Optional.of(Duration.ofMillis(100)),
        Duration.ofMillis(300),
        Collections.nCopies(choices, reason),
        Optional.ofNullable(failure));
  }

  private static RequestSummary withoutTokens(
      Operation operation, String model, int input, @Nullable RuntimeException failure) {
    return new RequestSummary(
        operation,
        model,
        1,
        input,
        0,
        0,
        Optional.empty(),
        Duration.ofMillis(1),
        List.of(),
        Optional.ofNullable(failure));
  }

  private double total(String timer) {
    return registry.get(timer).timer().totalTime(TimeUnit.MILLISECONDS);
  }

  private DistributionSummary usage(String type) {
    return registry.get(USAGE).tag("gen_ai.token.type", type).summary();
  }

  @Test
  void aReplyIsMeasuredByTheConventions() {
    meters.onRequestEnd(chat(1, 5, FinishReason.STOP, null));
    assertThat(total(DURATION)).isEqualTo(300);
    assertThat(total(FIRST_TOKEN)).isEqualTo(100);
    assertThat(total(OUTPUT_TOKEN)).isEqualTo(50);
    assertThat(usage("input").totalAmount()).isEqualTo(20);
    assertThat(usage("output").totalAmount()).isEqualTo(5);
    assertThat(registry.get(DURATION).timer().getId().getTags())
        .containsExactlyInAnyOrder(
            Tag.of("gen_ai.operation.name", "chat"),
            Tag.of("gen_ai.provider.name", "mlc_engine"),
            Tag.of("gen_ai.request.model", "small"),
            Tag.of("error.type", "none"));
    assertThat(registry.get(FIRST_TOKEN).timer().getId().getTags())
        .containsExactlyInAnyOrder(
            Tag.of("gen_ai.operation.name", "chat"),
            Tag.of("gen_ai.provider.name", "mlc_engine"),
            Tag.of("gen_ai.request.model", "small"));
  }

  @Test
  void timePerTokenNeedsOneReplyOfSeveralTokens() {
    meters.onRequestEnd(chat(1, 1, FinishReason.STOP, null));
    meters.onRequestEnd(chat(2, 8, FinishReason.STOP, null));
    assertThat(registry.find(OUTPUT_TOKEN).timer()).isNull();
    assertThat(registry.get(FIRST_TOKEN).timer().count()).isEqualTo(2);
    assertThat(usage("output").totalAmount()).isEqualTo(9);
  }

  @Test
  void failuresAreToldByTheirClass() {
    meters.onRequestEnd(chat(1, 3, FinishReason.ERROR, new IllegalStateException()));
    meters.onRequestEnd(
        withoutTokens(Operation.TEXT_COMPLETION, "small", 0, new QueueFullException(1, 1)));
    meters.onRequestEnd(withoutTokens(Operation.CHAT, "", 0, new ModelNotLoadedException()));
    Timer full =
        registry
            .get(DURATION)
            .tag("error.type", "org.mlcengine.errors.QueueFullException")
            .tag("gen_ai.operation.name", "text_completion")
            .timer();
    assertThat(full.count()).isEqualTo(1);
    Timer unloaded =
        registry
            .get(DURATION)
            .tag("error.type", "org.mlcengine.errors.ModelNotLoadedException")
            .tag("gen_ai.request.model", "none")
            .timer();
    assertThat(unloaded.count()).isEqualTo(1);
    assertThat(registry.find(FIRST_TOKEN).timer()).isNull();
    assertThat(registry.find(OUTPUT_TOKEN).timer()).isNull();
    assertThat(usage("input").count()).isEqualTo(1);
    assertThat(usage("output").totalAmount()).isEqualTo(3);
  }

  @Test
  void aStoppedReplyIsNoError() {
    meters.onRequestEnd(chat(1, 3, FinishReason.ABORT, null));
    assertThat(registry.get(DURATION).tag("error.type", "none").timer().count()).isEqualTo(1);
  }

  @Test
  void embeddingsHaveInputAlone() {
    meters.onRequestEnd(withoutTokens(Operation.EMBEDDINGS, "bert", 12, null));
    assertThat(usage("input").totalAmount()).isEqualTo(12);
    assertThat(registry.find(USAGE).summaries()).hasSize(1);
    assertThat(registry.find(FIRST_TOKEN).timer()).isNull();
  }

  @Test
  void bucketsAreThoseOfTheConventions() {
    meters.onRequestEnd(chat(1, 5, FinishReason.STOP, null));
    CountAtBucket[] buckets = registry.get(DURATION).timer().takeSnapshot().histogramCounts();
    assertThat(buckets).hasSize(14);
    assertThat(buckets[0].bucket(TimeUnit.MILLISECONDS)).isEqualTo(10);
    assertThat(buckets[13].bucket(TimeUnit.MILLISECONDS)).isEqualTo(81_920);
    assertThat(buckets[4].count()).isZero();
    assertThat(buckets[5].count()).isEqualTo(1);
    assertThat(usage("input").takeSnapshot().histogramCounts()).hasSize(14);
    assertThat(usage("input").takeSnapshot().histogramCounts()[13].bucket()).isEqualTo(67_108_864);
  }
}
