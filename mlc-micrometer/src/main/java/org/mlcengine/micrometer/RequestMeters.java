package org.mlcengine.micrometer;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.stream.DoubleStream;
import org.mlcengine.EngineListener;
import org.mlcengine.RequestSummary;

/**
 * Meters of requests, named, tagged and divided into buckets by OpenTelemetry's conventions for
 * metrics of generative AI:
 *
 * <ul>
 *   <li>timer {@code gen_ai.server.request.duration}: every request, with {@code error.type}
 *   <li>timer {@code gen_ai.server.time_to_first_token}: requests that succeed
 *   <li>timer {@code gen_ai.server.time_per_output_token}, after the first: requests for one reply
 *       of at least two tokens that succeed
 *   <li>summary {@code gen_ai.client.token.usage}, with {@code gen_ai.token.type}, which is {@code
 *       input} or {@code output}: every request that has such tokens
 * </ul>
 *
 * <p>Each has the tags {@code gen_ai.operation.name}, {@code gen_ai.provider.name} and {@code
 * gen_ai.request.model}, the name of the model that the request ran on, or {@code none} where none
 * was loaded. {@code error.type} is the class name of the exception, such as {@code
 * org.mlcengine.errors.QueueFullException}, and {@code none} for a request that succeeds or that
 * its caller stops.
 *
 * <p>One instance can listen to any number of engines.
 */
public final class RequestMeters implements EngineListener {
  private static final String PROVIDER = "mlc_engine";
  private static final String NONE = "none";

  private static final Duration[] DURATION_BUCKETS =
      seconds(
          0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92);
  private static final Duration[] FIRST_TOKEN_BUCKETS =
      seconds(
          0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5,
          10.0);
  private static final Duration[] OUTPUT_TOKEN_BUCKETS =
      seconds(0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5);

  /** Powers of four, 1 to 67108864. */
  private static final double[] TOKEN_BUCKETS =
      DoubleStream.iterate(1, tokens -> 4 * tokens).limit(14).toArray();

  private final MeterRegistry registry;

  /** Creates meters in a registry. */
  public RequestMeters(MeterRegistry registry) {
    this.registry = registry;
  }

  @Override
  public void onRequestEnd(RequestSummary request) {
    Tags tags =
        Tags.of(
            Tag.of("gen_ai.operation.name", request.operation().value()),
            Tag.of("gen_ai.provider.name", PROVIDER),
            Tag.of("gen_ai.request.model", request.model().isEmpty() ? NONE : request.model()));
    String error = request.failure().map(failure -> failure.getClass().getName()).orElse(NONE);
    record(
        "gen_ai.server.request.duration",
        "From a request's call to its end",
        DURATION_BUCKETS,
        tags.and("error.type", error),
        request.duration());
    if (request.failure().isEmpty()) {
      request.timeToFirstToken().ifPresent(time -> recordTokens(request, tags, time));
    }
    recordUsage(tags, "input", request.promptTokens());
    recordUsage(tags, "output", request.completionTokens());
  }

  private void recordTokens(RequestSummary request, Tags tags, Duration toFirst) {
    record(
        "gen_ai.server.time_to_first_token",
        "From a request's call to its first token",
        FIRST_TOKEN_BUCKETS,
        tags,
        toFirst);
    int later = request.completionTokens() - 1;
    if (request.choices() == 1 && later > 0) {
      record(
          "gen_ai.server.time_per_output_token",
          "Time per token after a reply's first",
          OUTPUT_TOKEN_BUCKETS,
          tags,
          request.duration().minus(toFirst).dividedBy(later));
    }
  }

  private void record(
      String name, String description, Duration[] buckets, Tags tags, Duration time) {
    Timer.builder(name)
        .description(description)
        .serviceLevelObjectives(buckets)
        .tags(tags)
        .register(registry)
        .record(time);
  }

  private void recordUsage(Tags tags, String type, int tokens) {
    if (tokens > 0) {
      DistributionSummary.builder("gen_ai.client.token.usage")
          .description("Tokens of a request")
          .serviceLevelObjectives(TOKEN_BUCKETS)
          .tags(tags.and("gen_ai.token.type", type))
          .register(registry)
          .record(tokens);
    }
  }

  private static Duration[] seconds(double... values) {
    return DoubleStream.of(values)
        .mapToObj(value -> Duration.ofNanos(Math.round(value * 1e9)))
        .toArray(Duration[]::new);
  }
}
