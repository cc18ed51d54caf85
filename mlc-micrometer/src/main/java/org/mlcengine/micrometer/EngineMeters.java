package org.mlcengine.micrometer;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import org.mlcengine.EngineMetrics;
import org.mlcengine.EngineMetrics.Load;
import org.mlcengine.EngineMetrics.Steps;
import org.mlcengine.MLCEngine;
import org.mlcengine.errors.ModelNotLoadedException;

/**
 * Meters of what an engine does at the moment and has done, from {@link EngineMetrics}:
 *
 * <ul>
 *   <li>gauge {@code mlc.sequences}, with {@code state}, which is {@code waiting} or {@code
 *       running}, and {@code mlc.sequences.limit}, how many may run
 *   <li>gauge {@code mlc.kv.pages}, those of the KV cache, and {@code mlc.kv.pages.used}
 *   <li>gauge {@code mlc.prompts.kept}: prompts of ended requests that the KV cache keeps
 *   <li>counter {@code mlc.prompt.tokens.cached}: prompt tokens that were there already
 *   <li>counter {@code mlc.preemptions}: how often a sequence lost its place to others
 *   <li>counter {@code mlc.tokens.drafted}: tokens that were drafted and verified, and {@code
 *       mlc.tokens.accepted}: those of them that were right
 *   <li>timer {@code mlc.steps}, with {@code phase}, which is {@code prefill} or {@code decode},
 *       and counter {@code mlc.steps.tokens}: the steps, and the tokens that they computed
 * </ul>
 *
 * <p>The gauges are 0 while no model is loaded. The counters go on when another model is loaded;
 * what the model before did after they were last read is not counted. The registry keeps the engine
 * reachable until the meters are removed from it.
 */
public final class EngineMeters implements MeterBinder {
  private static final Steps NO_STEPS = new Steps(0, 0, Duration.ZERO, Duration.ZERO);
  private static final EngineMetrics NOTHING =
      new EngineMetrics(NO_STEPS, NO_STEPS, new Load(0, 0, 0, 0, 0, 0, 0, 0, 0));

  private final Supplier<EngineMetrics> source;
  private final IntSupplier limit;
  private final Tags tags;

  /** Creates meters of an engine. */
  public EngineMeters(MLCEngine engine) {
    this(engine, Tags.empty());
  }

  /**
   * Creates meters of one of several engines.
   *
   * @param tags what tells them from those of the others in the same registry
   */
  public EngineMeters(MLCEngine engine, Iterable<Tag> tags) {
    this(engine::metrics, () -> engine.info().maxSequences(), tags);
  }

  EngineMeters(Supplier<EngineMetrics> source, IntSupplier limit, Iterable<Tag> tags) {
    this.source = source;
    this.limit = limit;
    this.tags = Tags.of(tags);
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    sequences(registry, "waiting", "that wait for a place", Load::waiting);
    sequences(registry, "running", "that have a place", Load::running);
    Gauge.builder("mlc.sequences.limit", () -> loaded(limit::getAsInt, 0))
        .description("Sequences that may have a place at once")
        .tags(tags)
        .register(registry);
    gauge("mlc.prompts.kept", "Prompts that the KV cache keeps", Load::keptPrompts)
        .register(registry);
    gauge("mlc.kv.pages", "Pages of the KV cache", Load::kvPages).register(registry);
    gauge(
            "mlc.kv.pages.used",
            "Pages of the KV cache that hold something",
            load -> load.kvPages() - load.freeKvPages())
        .register(registry);
    count(
        registry,
        "mlc.prompt.tokens.cached",
        "Prompt tokens that were computed for an earlier request",
        tags,
        metrics -> metrics.load().cachedTokens());
    count(
        registry,
        "mlc.preemptions",
        "How often a sequence lost its place to others",
        tags,
        metrics -> metrics.load().preemptions());
    count(
        registry,
        "mlc.tokens.drafted",
        "Tokens that were drafted and verified",
        tags,
        metrics -> metrics.load().draftedTokens());
    count(
        registry,
        "mlc.tokens.accepted",
        "Drafted tokens that were right",
        tags,
        metrics -> metrics.load().acceptedTokens());
    steps(registry, "prefill", EngineMetrics::prefill);
    steps(registry, "decode", EngineMetrics::decode);
  }

  private void steps(MeterRegistry registry, String phase, Function<EngineMetrics, Steps> steps) {
    Tags own = tags.and("phase", phase);
    Total count = new Total();
    Total nanos = new Total();
    FunctionTimer.builder(
            "mlc.steps",
            this,
            meters -> count.add(steps.apply(metrics()).count()),
            meters -> nanos.add(steps.apply(metrics()).time().toNanos()),
            TimeUnit.NANOSECONDS)
        .description("Steps that computed tokens of prompts, or of replies")
        .tags(own)
        .register(registry);
    String description = "Tokens that such steps computed";
    count(registry, "mlc.steps.tokens", description, own, m -> steps.apply(m).tokens());
  }

  private void sequences(
      MeterRegistry registry, String state, String which, ToDoubleFunction<Load> value) {
    gauge("mlc.sequences", "Sequences " + which, value).tag("state", state).register(registry);
  }

  private Gauge.Builder<?> gauge(String name, String description, ToDoubleFunction<Load> value) {
    return Gauge.builder(name, () -> value.applyAsDouble(load()))
        .description(description)
        .tags(tags);
  }

  private void count(
      MeterRegistry registry,
      String name,
      String description,
      Tags own,
      ToLongFunction<EngineMetrics> value) {
    Total total = new Total();
    // The function, which the registry holds, keeps this reachable; the object alone would not.
    FunctionCounter.builder(name, this, meters -> total.add(value.applyAsLong(metrics())))
        .description(description)
        .tags(own)
        .register(registry);
  }

  private Load load() {
    return metrics().load();
  }

  private EngineMetrics metrics() {
    return loaded(source, NOTHING);
  }

  private static <T> T loaded(Supplier<T> value, T otherwise) {
    try {
      return value.get();
    } catch (ModelNotLoadedException e) {
      return otherwise;
    }
  }

  /** A count that goes on when what it reads begins again at 0. */
  private static final class Total {
    private long sum;
    private long last;

    synchronized long add(long now) {
      sum += now < last ? now : now - last;
      last = now;
      return sum;
    }
  }
}
