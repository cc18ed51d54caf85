package org.mlcengine.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.mlcengine.EngineMetrics.Load;
import org.mlcengine.errors.ModelNotLoadedException;

class EngineMetersTest {
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final AtomicReference<Load> now =
      new AtomicReference<>(new Load(3, 2, 10, 4, 1, 50, 7, 9, 6));

  private double gauge(String name, String... tags) {
    return registry.get(name).tags(tags).gauge().value();
  }

  private double counter(String name) {
    return registry.get(name).functionCounter().count();
  }

  @Test
  void metersAreTheEnginesLoad() {
    new EngineMeters(now::get, Tags.empty()).bindTo(registry);
    assertThat(gauge("mlc.sequences", "state", "waiting")).isEqualTo(3);
    assertThat(gauge("mlc.sequences", "state", "running")).isEqualTo(2);
    assertThat(gauge("mlc.kv.pages")).isEqualTo(10);
    assertThat(gauge("mlc.kv.pages.used")).isEqualTo(6);
    assertThat(counter("mlc.prompt.tokens.cached")).isEqualTo(50);
    assertThat(counter("mlc.preemptions")).isEqualTo(7);
    assertThat(counter("mlc.tokens.drafted")).isEqualTo(9);
    assertThat(counter("mlc.tokens.accepted")).isEqualTo(6);

    now.set(new Load(0, 1, 10, 10, 0, 60, 7, 9, 6));
    assertThat(gauge("mlc.sequences", "state", "waiting")).isZero();
    assertThat(gauge("mlc.kv.pages.used")).isZero();
    assertThat(counter("mlc.prompt.tokens.cached")).isEqualTo(60);
    assertThat(counter("mlc.preemptions")).isEqualTo(7);
  }

  @Test
  void countersGoOnWithAnotherModel() {
    new EngineMeters(now::get, Tags.empty()).bindTo(registry);
    assertThat(counter("mlc.prompt.tokens.cached")).isEqualTo(50);
    now.set(new Load(0, 0, 10, 10, 0, 5, 0, 0, 0));
    assertThat(counter("mlc.prompt.tokens.cached")).isEqualTo(55);
    assertThat(counter("mlc.preemptions")).isZero();
    now.set(new Load(0, 0, 10, 10, 0, 8, 1, 0, 0));
    assertThat(counter("mlc.prompt.tokens.cached")).isEqualTo(58);
    assertThat(counter("mlc.preemptions")).isEqualTo(1);
  }

  @Test
  void anEngineWithoutModelDoesNothing() {
    AtomicReference<Supplier<Load>> source = new AtomicReference<>(now::get);
    new EngineMeters(() -> source.get().get(), Tags.empty()).bindTo(registry);
    assertThat(counter("mlc.preemptions")).isEqualTo(7);
    source.set(
        () -> {
          throw new ModelNotLoadedException();
        });
    assertThat(gauge("mlc.sequences", "state", "running")).isZero();
    assertThat(gauge("mlc.kv.pages")).isZero();
    assertThat(counter("mlc.preemptions")).isEqualTo(7);
  }

  @Test
  void tagsTellEnginesApart() {
    new EngineMeters(now::get, Tags.of("engine", "a")).bindTo(registry);
    new EngineMeters(() -> new Load(0, 1, 5, 5, 0, 0, 0, 0, 0), Tags.of("engine", "b"))
        .bindTo(registry);
    assertThat(gauge("mlc.kv.pages", "engine", "a")).isEqualTo(10);
    assertThat(gauge("mlc.kv.pages", "engine", "b")).isEqualTo(5);
    assertThat(gauge("mlc.sequences", "engine", "b", "state", "running")).isEqualTo(1);
  }
}
