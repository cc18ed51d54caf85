package org.mlcengine.micrometer;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import org.mlcengine.EngineMetrics.Load;
import org.mlcengine.MLCEngine;
import org.mlcengine.errors.ModelNotLoadedException;

/**
 * Meters of what an engine does at the moment, from {@link org.mlcengine.EngineMetrics.Load}:
 *
 * <ul>
 *   <li>gauge {@code mlc.sequences}, with {@code state}, which is {@code waiting} or {@code
 *       running}
 *   <li>gauge {@code mlc.kv.pages}, those of the KV cache, and {@code mlc.kv.pages.used}
 *   <li>counter {@code mlc.prompt.tokens.cached}: prompt tokens that were there already
 *   <li>counter {@code mlc.preemptions}: how often a sequence lost its place to others
 *   <li>counter {@code mlc.tokens.drafted}: tokens that were drafted and verified, and {@code
 *       mlc.tokens.accepted}: those of them that were right
 * </ul>
 *
 * <p>The gauges are 0 while no model is loaded. The counters go on when another model is loaded;
 * what the model before did after they were last read is not counted. The registry keeps the engine
 * reachable until the meters are removed from it.
 */
public final class EngineMeters implements MeterBinder {
  private static final Load NOTHING = new Load(0, 0, 0, 0, 0, 0, 0, 0, 0);

  private final Supplier<Load> source;
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
    this(() -> engine.metrics().load(), tags);
  }

  EngineMeters(Supplier<Load> source, Iterable<Tag> tags) {
    this.source = source;
    this.tags = Tags.of(tags);
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    sequences(registry, "waiting", "that wait for a place", Load::waiting);
    sequences(registry, "running", "that have a place", Load::running);
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
        Load::cachedTokens);
    count(
        registry,
        "mlc.preemptions",
        "How often a sequence lost its place to others",
        Load::preemptions);
    count(
        registry,
        "mlc.tokens.drafted",
        "Tokens that were drafted and verified",
        Load::draftedTokens);
    count(registry, "mlc.tokens.accepted", "Drafted tokens that were right", Load::acceptedTokens);
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
      MeterRegistry registry, String name, String description, ToLongFunction<Load> value) {
    Total total = new Total();
    // The function, which the registry holds, keeps this reachable; the object alone would not.
    FunctionCounter.builder(name, this, meters -> total.add(value.applyAsLong(load())))
        .description(description)
        .tags(tags)
        .register(registry);
  }

  private Load load() {
    try {
      return source.get();
    } catch (ModelNotLoadedException e) {
      return NOTHING;
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
