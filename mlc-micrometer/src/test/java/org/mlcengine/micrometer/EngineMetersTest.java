package org.mlcengine.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.mlcengine.EngineMetrics;
import org.mlcengine.EngineMetrics.Load;
import org.mlcengine.EngineMetrics.Steps;
import org.mlcengine.errors.ModelNotLoadedException;

class EngineMetersTest {
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final AtomicReference<EngineMetrics> now =
      new AtomicReference<>(metrics(new Load(3, 2, 10, 4, 1, 50, 7, 9, 6)));

  private static EngineMetrics metrics(Load load) {
    return new EngineMetrics(steps(0, 0, 0), steps(0, 0, 0), load);
  }

  private static Steps steps(long count, long tokens, long millis) {
    return new Steps(count, tokens, Duration.ofMillis(millis), Duration.ZERO);
  }

  private EngineMeters meters(Supplier<EngineMetrics> source, Tags tags) {
    return new EngineMeters(source, () -> 4, tags);
  }

  private double gauge(String name, String... tags) {
    return registry.get(name).tags(tags).gauge().value();
  }

  private double counter(String name) {
    return registry.get(name).functionCounter().count();
  }

  @Test
  void metersAreTheEnginesLoad() {
    meters(now::get, Tags.empty()).bindTo(registry);
    assertThat(gauge("mlc.sequences", "state", "waiting")).isEqualTo(3);
    assertThat(gauge("mlc.sequences", "state", "running")).isEqualTo(2);
    assertThat(gauge("mlc.sequences.limit")).isEqualTo(4);
    assertThat(gauge("mlc.prompts.kept")).isEqualTo(1);
    assertThat(gauge("mlc.kv.pages")).isEqualTo(10);
    assertThat(gauge("mlc.kv.pages.used")).isEqualTo(6);
    assertThat(counter("mlc.prompt.tokens.cached")).isEqualTo(50);
    assertThat(counter("mlc.preemptions")).isEqualTo(7);
    assertThat(counter("mlc.tokens.drafted")).isEqualTo(9);
    assertThat(counter("mlc.tokens.accepted")).isEqualTo(6);

    now.set(metrics(new Load(0, 1, 10, 10, 0, 60, 7, 9, 6)));
    assertThat(gauge("mlc.sequences", "state", "waiting")).isZero();
    assertThat(gauge("mlc.kv.pages.used")).isZero();
    assertThat(counter("mlc.prompt.tokens.cached")).isEqualTo(60);
    assertThat(counter("mlc.preemptions")).isEqualTo(7);
  }

  @Test
  void stepsAreCountedAndTimed() {
    Load load = new Load(0, 0, 0, 0, 0, 0, 0, 0, 0);
    now.set(new EngineMetrics(steps(2, 300, 40), steps(9, 30, 500), load));
    meters(now::get, Tags.empty()).bindTo(registry);
    FunctionTimer decode = registry.get("mlc.steps").tags("phase", "decode").functionTimer();
    assertThat(decode.count()).isEqualTo(9);
    assertThat(decode.totalTime(TimeUnit.MILLISECONDS)).isEqualTo(500);
    assertThat(registry.get("mlc.steps").tags("phase", "prefill").functionTimer().count())
        .isEqualTo(2);
    assertThat(registry.get("mlc.steps.tokens").tags("phase", "prefill").functionCounter().count())
        .isEqualTo(300);

    now.set(new EngineMetrics(steps(0, 0, 0), steps(1, 2, 30), load));
    assertThat(decode.count()).as("another model's begin at 0").isEqualTo(10);
    assertThat(decode.totalTime(TimeUnit.MILLISECONDS)).isEqualTo(530);
  }

  @Test
  void countersGoOnWithAnotherModel() {
    meters(now::get, Tags.empty()).bindTo(registry);
    assertThat(counter("mlc.prompt.tokens.cached")).isEqualTo(50);
    now.set(metrics(new Load(0, 0, 10, 10, 0, 5, 0, 0, 0)));
    assertThat(counter("mlc.prompt.tokens.cached")).isEqualTo(55);
    assertThat(counter("mlc.preemptions")).isZero();
    now.set(metrics(new Load(0, 0, 10, 10, 0, 8, 1, 0, 0)));
    assertThat(counter("mlc.prompt.tokens.cached")).isEqualTo(58);
    assertThat(counter("mlc.preemptions")).isEqualTo(1);
  }

  @Test
  void anEngineWithoutModelDoesNothing() {
    AtomicReference<Supplier<EngineMetrics>> source = new AtomicReference<>(now::get);
    AtomicReference<IntSupplier> limit = new AtomicReference<>(() -> 4);
    new EngineMeters(() -> source.get().get(), () -> limit.get().getAsInt(), Tags.empty())
        .bindTo(registry);
    assertThat(counter("mlc.preemptions")).isEqualTo(7);
    source.set(
        () -> {
          throw new ModelNotLoadedException();
        });
    limit.set(
        () -> {
          throw new ModelNotLoadedException();
        });
    assertThat(gauge("mlc.sequences.limit")).isZero();
    assertThat(gauge("mlc.sequences", "state", "running")).isZero();
    assertThat(gauge("mlc.kv.pages")).isZero();
    assertThat(counter("mlc.preemptions")).isEqualTo(7);
  }

  @Test
  void tagsTellEnginesApart() {
    meters(now::get, Tags.of("engine", "a")).bindTo(registry);
    meters(() -> metrics(new Load(0, 1, 5, 5, 0, 0, 0, 0, 0)), Tags.of("engine", "b"))
        .bindTo(registry);
    assertThat(gauge("mlc.kv.pages", "engine", "a")).isEqualTo(10);
    assertThat(gauge("mlc.kv.pages", "engine", "b")).isEqualTo(5);
    assertThat(gauge("mlc.sequences", "engine", "b", "state", "running")).isEqualTo(1);
  }
}
