package org.mlcengine.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mlcengine.errors.EngineClosedException;
import org.mlcengine.errors.EngineFailedException;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ArrivalsTest {
  private final Arrivals<String> arrivals = new Arrivals<>(System::nanoTime);

  private record Work(boolean isDue, boolean isDone, long deadline) implements Arrivals.Work {}

  private static final Work NONE = new Work(false, true, Long.MAX_VALUE);
  private static final Work PAUSED = new Work(false, false, Long.MAX_VALUE);

  private List<String> taken() {
    List<String> taken = new ArrayList<>();
    arrivals.take(taken::addAll);
    return taken;
  }

  private CompletableFuture<Boolean> waiting(Work work) throws InterruptedException {
    CompletableFuture<Boolean> result = new CompletableFuture<>();
    Thread thread = Thread.ofVirtual().start(() -> result.complete(arrivals.await(work)));
    while (thread.getState() != Thread.State.WAITING) {
      assertThat(result).isNotDone();
      Thread.sleep(1);
    }
    return result;
  }

  @Test
  void workArrivesInOrderAndOnce() {
    arrivals.add(List.of("a", "b"), before -> assertThat(before).isZero());
    arrivals.add(List.of("c"), before -> assertThat(before).isEqualTo(2));
    assertThat(arrivals.<Integer>count(count -> count)).isEqualTo(3);
    assertThat(arrivals.await(NONE)).isTrue();
    assertThat(taken()).containsExactly("a", "b", "c");
    assertThat(taken()).isEmpty();
  }

  @Test
  void whatIsRefusedDoesNotArrive() {
    assertThatThrownBy(
            () ->
                arrivals.add(
                    List.of("a"),
                    before -> {
                      throw new IllegalStateException("full");
                    }))
        .hasMessage("full");
    assertThat(taken()).isEmpty();
  }

  @Test
  void eachCallEndsTheWait() throws InterruptedException {
    CompletableFuture<Boolean> added = waiting(NONE);
    arrivals.add(List.of("a"), before -> {});
    assertThat(added.join()).isTrue();
    taken();
    CompletableFuture<Boolean> woken = waiting(NONE);
    arrivals.wake();
    assertThat(woken.join()).isTrue();
    CompletableFuture<Boolean> drained = waiting(NONE);
    arrivals.drain();
    assertThat(drained.join()).isFalse();
    CompletableFuture<Boolean> closed = waiting(PAUSED);
    arrivals.close();
    assertThat(closed.join()).isFalse();
  }

  @Test
  void aCallBeforeTheWaitIsNotLost() {
    arrivals.wake();
    assertThat(arrivals.await(NONE)).isTrue();
    arrivals.add(List.of("a"), before -> {});
    assertThat(arrivals.await(NONE)).isTrue();
    arrivals.drain();
    assertThat(arrivals.await(NONE)).isTrue();
    taken();
    assertThat(arrivals.await(NONE)).isFalse();
    arrivals.close();
    assertThat(arrivals.await(new Work(true, false, 0))).isFalse();
  }

  @Test
  void aDeadlineEndsTheWait() {
    assertThat(arrivals.await(new Work(false, false, System.nanoTime() + 1_000_000))).isTrue();
  }

  @Test
  void anInterruptDoesNotEndTheWait() {
    Thread.currentThread().interrupt();
    long soon = System.nanoTime() + 20_000_000;
    assertThat(arrivals.await(new Work(false, false, soon))).isTrue();
    assertThat(System.nanoTime()).isGreaterThanOrEqualTo(soon);
    assertThat(Thread.interrupted()).isFalse();
  }

  @Test
  void theEndHandsOverWhatIsLeftAndRefusesMore() {
    arrivals.add(List.of("a"), before -> {});
    assertThat(arrivals.end(null)).containsExactly("a");
    assertThat(arrivals.end(null)).isEmpty();
    assertThatThrownBy(() -> arrivals.add(List.of("b"), before -> {}))
        .isInstanceOf(EngineClosedException.class);
    arrivals.end(new EngineFailedException("lost", new IllegalStateException()));
    assertThatThrownBy(() -> arrivals.add(List.of("b"), before -> {}))
        .isInstanceOf(EngineFailedException.class)
        .hasMessageContaining("lost")
        .hasMessageContaining("build a new one");
  }
}
